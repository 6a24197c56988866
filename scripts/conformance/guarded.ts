import { startIdp } from '../../src/cli/demo/idp.ts';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { startGateway } from '../../src/cli/listen.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Log } from '../../src/core/ports.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { mintToken } from '../../test/support/gateway-rig.ts';
import type { Subject } from './subject.ts';
import { startTokenInjector } from './token-injector.ts';

const scopes = ['mcp:access', 'mcp:tools', 'mcp:data', 'mcp:methods'];

/** Everything is judged by a rule of its own, and the token of the suite satisfies each of them. */
const policy = {
  required: ['mcp:access'],
  tools: [{ match: '*', scopes: ['mcp:tools'] }],
  resources: [{ match: '*', scopes: ['mcp:data'] }],
  prompts: [{ match: '*', scopes: ['mcp:data'] }],
  // Methods that MCP does not define too: what they get is for the server to say.
  methods: { '*': ['mcp:methods'] },
};

/** The upstream as it stands in a configuration file: a URL, or how to start a child. */
type Upstream = string | { readonly command: readonly string[]; readonly [limit: string]: unknown };

/** Errors, and what a child complains of, which is why it ends if it does. */
function createLog(): Log {
  const log = createLogger('error', process.stderr);
  return {
    ...log,
    info(event, fields) {
      if (event === 'upstream_stderr') log.error(event, fields);
    },
  };
}

/** The gateway in front of an upstream, behind a proxy that brings a token for everything. */
export async function startGuarded(upstream: Upstream): Promise<Subject> {
  const [front, own] = await Promise.all([reservePort(0), reservePort(0)]);
  const url = `http://localhost:${front.port}/mcp`;
  const idp = await startIdp({ resource: url, scopes });
  const file = { issuer: idp.issuer, resource: url, upstream, port: own.port, policy };
  const config = loadConfig({
    env: { MCP_OAUTH_CONFIG_FILE: 'conformance.json' },
    flags: {},
    insecureNoAuth: false,
    readFile: () => JSON.stringify(file),
  });
  const token = await mintToken(idp, { aud: url, scope: scopes.join(' ') });
  await own.release();
  const gateway = await startGateway(config, createLog());
  await front.release();
  const injector = await startTokenInjector({ port: front.port, target: own.port, token });
  return {
    url,
    async close() {
      await injector.close();
      await gateway.close(0);
      await idp.close();
    },
  };
}
