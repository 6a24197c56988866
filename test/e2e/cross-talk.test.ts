import { Pool } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { openHttpSession } from '../support/session-client.ts';
import { type SessionServer, startSessionServer } from '../support/session-server.ts';

const requests = 10_000;
const atOnce = 50;

let server: SessionServer;
let rig: GatewayRig;
let pool: Pool;
beforeAll(async () => {
  server = await startSessionServer();
  rig = await startGatewayRig({ upstream: server.url });
  pool = new Pool(new URL(rig.resource).origin, { connections: atOnce });
});
afterAll(async () => {
  await pool?.close();
  await rig?.close();
  await server?.close();
});

it(`${requests} mixed requests of two users under the same JSON-RPC ids get their own answers`, async () => {
  const users = await Promise.all(
    ['alice', 'bob'].map(async (sub) => {
      const token = await rig.mint({ sub });
      const id = await openHttpSession(rig.resource, token);
      return { sub, token, id };
    }),
  );
  const wrong: string[] = [];
  let next = 0;

  async function send(token: string, session: string, message: object): Promise<string> {
    const { body } = await pool.request({
      path: '/mcp',
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': session,
      },
      body: JSON.stringify(message),
    });
    return body.text();
  }

  async function work(): Promise<void> {
    for (let turn = next++; turn < requests; turn = next++) {
      const [user, other] = turn % 2 === 0 ? users : users.toReversed();
      if (user === undefined || other === undefined) return;
      // Both users count alike, and so use each id at about the same time.
      const id = Math.floor(turn / 2);
      const foreign = turn % 20 >= 18;
      const stream = turn % 8 < 2;
      const secrets = { secret: `${user.sub}-${id}`, ...(stream && { stream }) };
      const params = { name: 'echo', arguments: secrets };
      const message = { jsonrpc: '2.0', id, method: 'tools/call', params };
      const answer = await send(user.token, foreign ? other.id : user.id, message);
      const text = JSON.stringify(
        foreign
          ? { jsonrpc: '2.0', id, error: { code: 404, message: 'Session not found.' } }
          : { jsonrpc: '2.0', id, result: { session: user.id, arguments: secrets } },
      );
      const expected = stream && !foreign ? `event: message\ndata: ${text}\n\n` : text;
      if (answer !== expected) wrong.push(`${turn}: ${answer}`);
    }
  }

  await Promise.all(Array.from({ length: atOnce }, work));
  expect(wrong).toEqual([]);
  expect(server.sessions).toHaveLength(2);
}, 60_000);
