import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toolCall } from '../contract/sessions.ts';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { isInstalled } from '../support/installed.ts';
import { type RedisServer, redisServer } from '../support/redis-server.ts';
import { httpSession, openHttpSession } from '../support/session-client.ts';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';

const patience = { timeout: 20_000, interval: 20 };
const password = 'of-the-redis-server';

describe.runIf(isInstalled('redis-server', 'redis-server'))('a gateway whose Redis is down', () => {
  let redis: RedisServer;
  let upstream: Upstream;
  let rig: GatewayRig;
  let token: string;

  beforeAll(async () => {
    redis = await redisServer({ password, started: false });
    upstream = await startUpstream((incoming, outgoing, arrival) => {
      if (arrival.body.includes('"initialize"')) outgoing.setHeader('mcp-session-id', 'session-1');
      return emptyResult(incoming, outgoing, arrival);
    });
    const url = redis.url.replace('redis://', `redis://:${password}@`);
    rig = await startGatewayRig({ upstream: upstream.url, env: { MCP_OAUTH_STORE: url } });
    token = await rig.mint();
  });
  afterAll(async () => {
    await rig?.close();
    await upstream?.close();
    await redis?.close();
  });

  const session = () => httpSession(rig.resource, 'session-1');
  const status = async (path: string) => (await fetch(new URL(path, rig.resource))).status;

  function stateless(): Promise<Response> {
    return fetch(rig.resource, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(toolCall('echo')),
    });
  }

  async function expectSessionsRefused(): Promise<void> {
    const before = upstream.arrivals.length;
    const refused = await session().post(token, toolCall('echo'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(refused.headers.get('www-authenticate')).toBeNull();
    expect(upstream.arrivals).toHaveLength(before);
    expect((await stateless()).status).toBe(200);
    expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503]);
  }

  it('at the start: it serves what needs no session, and is alive but not ready', async () => {
    await expectSessionsRefused();
    await expect(openHttpSession(rig.resource, token)).rejects.toThrow('no session: 503');
  });

  it('is ready when it comes, and refuses sessions again when it goes', async () => {
    await redis.start();
    await vi.waitFor(async () => expect(await status('/readyz')).toBe(200), patience);
    await openHttpSession(rig.resource, token);
    expect((await session().post(token, toolCall('echo'))).status).toBe(200);
    await redis.stop();
    await vi.waitFor(expectSessionsRefused, patience);
  });

  it('says so once each time, without its password', () => {
    const events = [...rig.log().matchAll(/"msg":"(store_\w+)"/g)].map(([, event]) => event);
    expect(events).toEqual(['store_unavailable', 'store_available', 'store_unavailable']);
    expect(rig.log()).not.toContain(password);
  });
});
