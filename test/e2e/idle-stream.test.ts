import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

/** The clock by which undici measures idle bodies; `tick` is what its own tests use. */
const undiciTimers = createRequire(import.meta.url)('undici/lib/util/timers.js') as {
  tick(milliseconds: number): void;
};

/** A timer that is new counts from the first tick after it was set. */
function letTenMinutesPass(): void {
  undiciTimers.tick(1_000);
  undiciTimers.tick(10 * 60 * 1_000);
}

let upstream: Upstream;
let rig: GatewayRig;
let outgoing: ServerResponse;

beforeAll(async () => {
  upstream = await startUpstream((_incoming, response) => {
    outgoing = response;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': open\n\n');
  });
  rig = await startGatewayRig({ upstream: upstream.url });
});
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
});

it("does not cut a stream that is idle for ten minutes of the HTTP client's clock", async () => {
  const headers = { authorization: `Bearer ${await rig.mint()}` };
  // Not `fetch`: its timers are those of undici too, and the client must outlive them.
  const [answer] = (await once(get(rig.resource, { headers }), 'response')) as [IncomingMessage];
  const events = answer.setEncoding('utf8')[Symbol.asyncIterator]();
  expect((await events.next()).value).toBe(': open\n\n');
  letTenMinutesPass();
  outgoing.write('data: late\n\n');
  expect((await events.next()).value).toBe('data: late\n\n');
  expect(upstream.last().outcome).toBe('open');
  answer.destroy();
});

it('would notice a cut: with the defaults of undici the same stream ends in an error', async () => {
  const { body } = await request(upstream.url);
  const read = body.text();
  letTenMinutesPass();
  await expect(read).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
});
