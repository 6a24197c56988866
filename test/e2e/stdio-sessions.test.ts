import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type Session, sessionContract, toolCall } from '../contract/sessions.ts';
import { type GatewayRig, mintToken, startGatewayRig } from '../support/gateway-rig.ts';
import { httpSession, openHttpSession } from '../support/session-client.ts';

const fixture = fileURLToPath(new URL('../support/stdio-server.mjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'doorman-sessions-'));
const record = join(scratch, 'received');
const policy = {
  required: ['mcp:access'],
  tools: [
    { match: 'read', scopes: ['mcp:tools:read'] },
    { match: '*', scopes: ['mcp:admin'] },
  ],
};
let rig: GatewayRig;
let foreign: Idp;
let endLast = async (): Promise<unknown> => null;

beforeAll(async () => {
  writeFileSync(record, '');
  foreign = await startIdp({ resource: 'http://127.0.0.1/unused', scopes: ['mcp:access'] });
  const command = ['env', `RECORD=${record}`, process.execPath, fixture];
  rig = await startGatewayRig({
    upstream: command,
    policy,
    change({ issuers, ...service }) {
      const { services } = loadConfig({
        env: { MCP_OAUTH_ISSUER: foreign.issuer, MCP_OAUTH_RESOURCE: service.resource },
        flags: {},
        insecureNoAuth: false,
        command,
      });
      return { ...service, issuers: [...issuers, ...services[0].issuers] };
    },
  });
});
afterAll(async () => {
  await rig?.close();
  await foreign?.close();
  rmSync(scratch, { recursive: true });
});

/** A session whose answers are waited for: only then has the child read what was posted. */
function session(id: string): Session {
  const plain = httpSession(rig.resource, id);
  return {
    ...plain,
    async post(token, message) {
      const response = await plain.post(token, message);
      const { status, headers } = response;
      return new Response(await response.text(), { status, headers });
    },
  };
}

/** Each session is a process, so that one makes room for the next. */
async function open(token: string): Promise<Session> {
  await endLast();
  const opened = session(await openHttpSession(rig.resource, token));
  endLast = () => opened.end(token);
  await opened.post(token, toolCall('read'));
  return opened;
}

sessionContract('stdio', {
  rig: () => ({
    open,
    named: session,
    mint: rig.mint,
    mintForeign: (claims = {}) => mintToken(foreign, { aud: rig.resource, ...claims }),
    reached: () => readFileSync(record, 'utf8').split('\n').length,
    log: rig.log,
  }),
  narrow: 'mcp:access mcp:tools:read',
  malformed: ['0'.repeat(32), '0'.repeat(31), 'two words', '../1'],
});
