import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { toolCall } from '../contract/sessions.ts';
import { bareEnvironment, type Child, startChild } from '../support/child.ts';
import { fullScope, mintToken } from '../support/gateway-rig.ts';
import { isInstalled } from '../support/installed.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { type RedisServer, redisServer } from '../support/redis-server.ts';
import { httpSession, openHttpSession } from '../support/session-client.ts';
import { type SessionServer, startSessionServer } from '../support/session-server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const patience = { timeout: 30_000, interval: 20 };
const installed = [
  isInstalled('redis-server', 'redis-server'),
  isInstalled('nginx', 'nginx-light'),
].every(Boolean);

async function freePorts(count: number): Promise<readonly number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => reservePort(0)));
  await Promise.all(held.map(({ release }) => release()));
  return held.map(({ port }) => port);
}

/** What came of one call, and who had part in it. */
interface Outcome {
  readonly startedAt: number;
  readonly session: string;
  readonly servedBy: string | null;
  readonly status: number | 'broken off';
  /** Whether the answer is what the server said to exactly this call. */
  readonly own: boolean;
}

describe.runIf(installed)('two replicas behind one nginx, with one Redis', () => {
  let server: SessionServer;
  let redis: RedisServer;
  let idp: Idp;
  let nginx: Nginx;
  let resource: string;
  const replicas: Child[] = [];
  let ports: readonly number[];

  beforeAll(async () => {
    server = await startSessionServer();
    redis = await redisServer();
    const [front = 0, ...behind] = await freePorts(3);
    ports = behind;
    resource = `http://127.0.0.1:${front}/mcp`;
    idp = await startIdp({ resource, scopes: fullScope.split(' ') });
    for (const port of ports) {
      replicas.push(
        startChild(process.execPath, ['--import', 'tsx', 'src/cli/main.ts'], {
          cwd: root,
          env: bareEnvironment({
            MCP_OAUTH_ISSUER: idp.issuer,
            MCP_OAUTH_UPSTREAM: server.url,
            MCP_OAUTH_RESOURCE: resource,
            MCP_OAUTH_STORE: redis.url,
            PORT: `${port}`,
          }),
        }),
      );
    }
    await Promise.all(replicas.map((replica) => replica.printed('stdout', '\n')));
    nginx = await startNginx(front, ports);
  });
  afterAll(async () => {
    await nginx?.close();
    for (const replica of replicas) await replica.stop();
    await idp?.close();
    await redis?.close();
    await server?.close();
  });

  const mint = (sub: string) => mintToken(idp, { aud: resource, sub });

  it('serve a session alike, and alike do not know it for another principal', async () => {
    const [alice, bob] = [await mint('alice'), await mint('bob')];
    const session = httpSession(resource, await openHttpSession(resource, alice));
    const served = async (token: string, status: number) => {
      const response = await session.post(token, toolCall('read'));
      expect(response.status).toBe(status);
      return response.headers.get('x-served-by');
    };
    const own = [await served(alice, 200), await served(alice, 200)];
    const foreign = [await served(bob, 404), await served(bob, 404)];
    const both = ports.map((port) => `127.0.0.1:${port}`).toSorted();
    expect(own.toSorted()).toEqual(both);
    expect(foreign.toSorted()).toEqual(both);
  });

  /**
   * One of the two is killed while calls are under way. What had been sent to it and not answered
   * is lost, since nobody may repeat a call that could have had its effect; all else must go on.
   */
  it('lose no session when one of them is killed, and only what it had under way', async () => {
    const workers = 16;
    const sessions = await Promise.all(
      Array.from({ length: workers }, async (_, index) => {
        const token = await mint(`user-${index % 4}`);
        return { token, id: await openHttpSession(resource, token) };
      }),
    );
    const outcomes: Outcome[] = [];
    let running = true;

    async function call({ token, id }: (typeof sessions)[number]): Promise<Outcome> {
      const startedAt = performance.now();
      const message = toolCall('read');
      const expected = { jsonrpc: '2.0', id: message.id, result: { session: id, arguments: {} } };
      try {
        const response = await httpSession(resource, id).post(token, message);
        const text = await response.text();
        const { status, headers } = response;
        const own = text === JSON.stringify(expected);
        return { startedAt, session: id, servedBy: headers.get('x-served-by'), status, own };
      } catch {
        return { startedAt, session: id, servedBy: null, status: 'broken off', own: false };
      }
    }

    const work = sessions.map(async (session) => {
      while (running) outcomes.push(await call(session));
    });
    const perSession = (from: number) =>
      sessions.map(({ id }) => outcomes.slice(from).filter(({ session }) => session === id).length);
    await vi.waitFor(() => expect(Math.min(...perSession(0))).toBeGreaterThan(5), patience);
    const [killed] = replicas;
    killed?.signal('SIGKILL');
    await killed?.exited;
    const killedAt = performance.now();
    const countAtKill = outcomes.length;
    await vi.waitFor(
      () => expect(Math.min(...perSession(countAtKill))).toBeGreaterThan(5),
      patience,
    );
    running = false;
    await Promise.all(work);

    const failed = outcomes.filter(({ status }) => status !== 200);
    expect(outcomes.filter(({ status, own }) => status === 200 && !own)).toEqual([]);
    expect(failed.filter(({ status }) => status === 404)).toEqual([]);
    expect(failed.filter(({ startedAt }) => startedAt > killedAt)).toEqual([]);
    expect(failed.length).toBeLessThanOrEqual(workers);
    const survivor = `127.0.0.1:${ports[1]}`;
    const late = outcomes.filter(({ startedAt }) => startedAt > killedAt);
    // Where nginx tried the dead one first, it names both.
    expect(late.filter(({ servedBy }) => !servedBy?.endsWith(survivor))).toEqual([]);
  });
});
