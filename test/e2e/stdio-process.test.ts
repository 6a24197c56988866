import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { bareEnvironment, type Child, startChild } from '../support/child.ts';
import { expectNoToken } from '../support/expectations.ts';
import { mintToken } from '../support/gateway-rig.ts';
import { contentOf, initialize, openSession } from '../support/mcp-wire.ts';
import { isAlive, pidsOf } from '../support/processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixture = fileURLToPath(new URL('../support/stdio-server.mjs', import.meta.url));

describe('mcp-doorman -- program arguments', () => {
  let idp: Idp;
  let gateway: Child;
  let resource: string;
  let authorization: string;

  beforeAll(async () => {
    const { port, release } = await reservePort(0);
    resource = `http://localhost:${port}/mcp`;
    idp = await startIdp({ resource, scopes: ['mcp:access'] });
    authorization = `Bearer ${await mintToken(idp, { aud: resource })}`;
    await release();
    // As `npx` does, the shell stays and runs the server as its child.
    const command = ['sh', '-c', `"${process.execPath}" "${fixture}"; true`];
    gateway = startChild(
      process.execPath,
      ['--import', 'tsx', 'src/cli/main.ts', '--issuer', idp.issuer, '--', ...command],
      {
        cwd: root,
        env: bareEnvironment({ PORT: `${port}`, CANARY: 'x' }),
      },
    );
    await gateway.printed('stdout', '\n');
  });
  afterAll(async () => {
    await gateway?.stop();
    await idp?.close();
  });

  it('says which program it protects, and not with what arguments', () => {
    expect(gateway.output.stdout).toContain('/mcp for the command sh | resource ');
    expect(gateway.output.stdout).not.toContain(fixture);
  });

  it('lets nobody start a program who has no token', async () => {
    const refused = await initialize(resource);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('mcp-session-id')).toBeNull();
  });

  it('serves it to who has, tells it nothing of that, and leaves no process behind', async () => {
    const session = await openSession(resource, { authorization });
    const environment = contentOf(await session.call('environment'));
    expect(environment).not.toHaveProperty('PORT');
    expect(environment).not.toHaveProperty('CANARY');
    expectNoToken(JSON.stringify(environment), authorization);
    const { received } = contentOf(await session.call('received'));
    expectNoToken(JSON.stringify(received), authorization);
    const pids = pidsOf(await session.call('breeds'));
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    await vi.waitUntil(() => !pids.some(isAlive), { timeout: 10_000, interval: 5 });
    expectNoToken(gateway.output.stderr, authorization);
  });
});
