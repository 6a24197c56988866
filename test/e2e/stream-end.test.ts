import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { shiftedClock } from '../support/clock.ts';
import { fullScope, type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { type Answer, emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

const clock = shiftedClock();
const lifeSeconds = 600;
const leewaySeconds = 30;

const openStream: Answer = (_incoming, outgoing) => {
  outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
  outgoing.write(': open\n\n');
};

let upstream: Upstream;
let rig: GatewayRig;

beforeAll(async () => {
  upstream = await startUpstream(openStream);
  rig = await startGatewayRig({ upstream: upstream.url, clock });
});
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
});

const now = (): number => Math.floor(clock.now() / 1_000);

function mint(claims: Record<string, unknown> = {}): Promise<string> {
  return rig.mint({ iat: now(), exp: now() + lifeSeconds, ...claims });
}

/** An open stream, what came of it so far, and whether it has ended. */
async function open(token: string, message: object | null) {
  const arrival = upstream.arrivals.length;
  const response = await fetch(rig.resource, {
    method: message === null ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      ...(message && { 'content-type': 'application/json' }),
    },
    body: message && JSON.stringify(message),
  });
  expect(response.status).toBe(200);
  const seen = { text: '', ended: false };
  const decoder = new TextDecoder();
  const reading = response.body?.pipeTo(
    new WritableStream({
      write(chunk) {
        seen.text += decoder.decode(chunk);
      },
    }),
  );
  void reading?.then(() => {
    seen.ended = true;
  });
  await vi.waitFor(() => expect(seen.text).toContain(': open\n\n'), waiting);
  return { seen, arrival: () => upstream.arrivals[arrival] };
}

function call(name: string, id: unknown = 'call-1') {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } };
}

async function until(stream: Awaited<ReturnType<typeof open>>): Promise<string> {
  await vi.waitFor(() => expect(stream.seen.ended).toBe(true), waiting);
  await vi.waitFor(() => expect(stream.arrival()?.outcome).toBe('cut'), waiting);
  return stream.seen.text;
}

describe('an event stream whose token expires', () => {
  it('goes on for the leeway, then ends: a GET without a word, a POST with an error', async () => {
    const token = await mint();
    const [stream, answer] = [await open(token, null), await open(token, call('echo'))];
    const within = await open(await mint({ exp: now() + lifeSeconds + 10 }), null);
    clock.advance((lifeSeconds + leewaySeconds + 1) * 1_000);
    expect(await until(stream)).toBe(': open\n\n');
    expect(await until(answer)).toBe(
      ': open\n\nevent: message\ndata: {"jsonrpc":"2.0","id":"call-1","error":{"code":401,"message":"The access token has expired."}}\n\n',
    );
    expect(within.seen.ended).toBe(false);
    expect(rig.log()).toContain('stream_ended');
  });

  it('does not complete half an event of the server, which has not gone out', async () => {
    upstream.answerWith((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write(': open\n\ndata: {"half":');
    });
    const answer = await open(await mint(), call('echo'));
    upstream.answerWith(openStream);
    clock.advance((lifeSeconds + leewaySeconds + 1) * 1_000);
    expect(await until(answer)).toMatch(
      /^: open\n\nevent: message\ndata: \{"jsonrpc":"2\.0","id":"call-1","error":.*\}\n\n$/,
    );
  });
});

describe('an event stream whose operation a new policy does not permit', () => {
  const wide = {
    required: ['mcp:access'],
    tools: [{ match: '*', scopes: ['mcp:tools:read'] }],
  };
  beforeEach(() => rig.reload(wide));

  it('ends at once, while those that are still permitted go on', async () => {
    const [admin, reader] = [
      await mint({ scope: fullScope }),
      await mint({ scope: 'mcp:access mcp:tools:read' }),
    ];
    const streams = {
      admin: await open(admin, call('secret')),
      reader: await open(reader, call('secret', 2)),
      other: await open(reader, call('public')),
    };
    rig.reload({
      ...wide,
      tools: [{ match: 'secret', scopes: ['mcp:admin'] }, ...wide.tools],
    });
    expect(await until(streams.reader)).toContain(
      '"id":2,"error":{"code":403,"message":"The access token lacks a permission',
    );
    expect([streams.admin.seen.ended, streams.other.seen.ended]).toEqual([false, false]);
  });

  it('ends as it opens where the server had not answered yet when the policy came', async () => {
    let answerNow = (): void => {};
    upstream.answerWith(async (...exchange) => {
      await new Promise<void>((resolve) => {
        answerNow = resolve;
      });
      await openStream(...exchange);
    });
    const before = upstream.arrivals.length;
    const stream = fetch(rig.resource, { headers: { authorization: `Bearer ${await mint()}` } });
    await vi.waitFor(() => expect(upstream.arrivals).toHaveLength(before + 1), waiting);
    upstream.answerWith(openStream);
    rig.reload({ required: ['mcp:new'] });
    answerNow();
    expect(await (await stream).text()).toBe('');
    await vi.waitFor(() => expect(upstream.arrivals[before]?.outcome).toBe('cut'), waiting);
  });

  it('is judged by the new policy from the next request on, and so is the metadata', async () => {
    const url = new URL('/.well-known/oauth-protected-resource/mcp', rig.resource);
    const scopes = async () =>
      ((await (await fetch(url)).json()) as Record<string, unknown>).scopes_supported;
    expect(await scopes()).toEqual(['mcp:access', 'mcp:tools:read']);
    rig.reload({ required: ['mcp:new'] });
    expect(await scopes()).toEqual(['mcp:new']);
    const refused = await fetch(rig.resource, {
      headers: { authorization: `Bearer ${await mint()}` },
    });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('scope="mcp:new"');
  });

  it('a hundred times under load, costs no request', async () => {
    const headers = { authorization: `Bearer ${await mint()}`, 'content-type': 'application/json' };
    upstream.answerWith(emptyResult);
    let running = true;
    const statuses: number[] = [];
    const work = Array.from({ length: 8 }, async () => {
      while (running) {
        const body = JSON.stringify(call('echo'));
        const response = await fetch(rig.resource, { method: 'POST', headers, body });
        await response.text();
        statuses.push(response.status);
      }
    });
    for (let time = 1; time <= 100; time++) {
      rig.reload(wide);
      const seen = statuses.length;
      await vi.waitFor(() => expect(statuses.length).toBeGreaterThan(seen), waiting);
    }
    running = false;
    await Promise.all(work);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});
