import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StdioChild } from '../../src/gateway/stdio-child.ts';
import type { WireMessage } from '../../src/gateway/stdio-message.ts';
import { createSession } from '../../src/gateway/stdio-session.ts';
import {
  answerOf,
  contentOf,
  initialize,
  messagesOf,
  openSession,
  post,
  type WireSession,
} from '../support/mcp-wire.ts';
import { isAlive, pidsOf } from '../support/processes.ts';
import { type FrontOptions, type StdioFront, startStdioFront } from '../support/stdio-front.ts';
import { waiting } from '../support/waiting.ts';

const fronts: StdioFront[] = [];

async function start(options?: FrontOptions): Promise<StdioFront> {
  const front = await startStdioFront(options);
  fronts.push(front);
  return front;
}

afterEach(async () => {
  for (const front of fronts.splice(0)) await front.close();
});

/** Reads an event stream until a text has come, and leaves it open. */
async function readUntil(response: Response, text: string): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let seen = '';
  while (!seen.includes(text)) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) throw new Error(`ended with "${seen}"`);
    seen += decoder.decode(value, { stream: true });
  }
  reader?.releaseLock();
  return seen;
}

function listen(url: string, session: WireSession, headers = {}): Promise<Response> {
  return fetch(url, { headers: { accept: 'text/event-stream', ...session.headers, ...headers } });
}

describe('a session of MCP before 2026-07-28', () => {
  it('gives a random id of 128 bits, and answers as the server does, nothing stripped', async () => {
    const { url } = await start();
    const begun = await initialize(url);
    expect(begun.headers.get('mcp-session-id')).toMatch(/^[0-9a-f]{32}$/);
    const session = await openSession(url);
    expect((await session.call('echo', { a: 1 })).result).toEqual({
      structuredContent: { a: 1 },
      unknownToSchemas: { kept: true },
    });
  });

  it('hands the canonical message on, as one line and with every number as it was', async () => {
    const { url } = await start();
    const session = await openSession(url);
    const call =
      '{"jsonrpc":"2.0",\n"id":1,"method":"tools/call",' +
      '"params":{"name":"echo","arguments":{"n":12345678901234567890,"t":"a\\nb"}}}';
    expect(await (await post(url, call, session.headers)).text()).toContain('"t":"a\\nb"');
    const { received } = contentOf(await session.call('received')) as { received: string[] };
    expect(received[2]).toBe(call.replace('\n', ''));
  });

  it('passes numbers on that JavaScript would round', async () => {
    const { url } = await start();
    const session = await openSession(url);
    const response = await session.send('tools/call', { name: 'exact' });
    expect(await response.text()).toContain('{"n":12345678901234567890}');
  });

  it('has a child of its own, which ends with it', async () => {
    const { url } = await start();
    const [first, second] = [await openSession(url), await openSession(url)];
    const [own = 0] = pidsOf(await first.call('whoami'));
    const [other = 0] = pidsOf(await second.call('whoami'));
    expect(own).not.toBe(other);
    const ended = await fetch(url, { method: 'DELETE', headers: first.headers });
    expect(ended.status).toBe(200);
    await vi.waitUntil(() => !isAlive(own), waiting);
    expect(isAlive(other)).toBe(true);
    expect((await first.send('ping')).status).toBe(404);
  });

  it('sends progress to the stream of its request, and the server’s own requests too', async () => {
    const { url } = await start();
    const session = await openSession(url);
    const hanging = await session.send('tools/call', { name: 'hang' });
    const progress = { name: 'progresses', _meta: { progressToken: 'p' } };
    const text = await (await session.send('tools/call', progress)).text();
    expect(messagesOf(text).map(({ method }) => method)).toEqual([
      'notifications/progress',
      undefined,
    ]);
    const asking = await session.send('tools/call', { name: 'asks' });
    expect(await readUntil(asking, 'roots/list')).toContain('"id":"of the server"');
    await hanging.body?.cancel();
  });

  it('sends what belongs to no request to the stream that GET opens', async () => {
    const { url } = await start();
    const session = await openSession(url);
    const stream = await listen(url, session);
    await session.call('changes');
    await readUntil(stream, 'notifications/tools/list_changed');
    expect((await listen(url, session)).status).toBe(409);
  });

  it('sends again what a client has missed, and nothing to who names an unknown event', async () => {
    const { url } = await start();
    const session = await openSession(url);
    const progress = { name: 'progresses', _meta: { progressToken: 'p' } };
    const text = await (await session.send('tools/call', progress)).text();
    const [first = ''] = /(?<=id: )\S+/.exec(text) ?? [];
    const again = await listen(url, session, { 'last-event-id': first });
    expect(messagesOf(await again.text())).toEqual(messagesOf(text));
    const other = await openSession(url);
    expect((await listen(url, other, { 'last-event-id': first })).status).toBe(400);
  });

  it('lets a client that lost its connection wait for the answer on another', async () => {
    const { url } = await start();
    const session = await openSession(url);
    const leave = new AbortController();
    const call = { name: 'waits', arguments: {} };
    const lost = await session.send('tools/call', call, leave.signal);
    const [, place = ''] = /id: (\S+)/.exec(await readUntil(lost, 'data: \n\n')) ?? [];
    leave.abort();
    const resumed = await listen(url, session, { 'last-event-id': place });
    await session.call('releases');
    expect((await answerOf(resumed)).result).toEqual({ released: true });
  });

  it('refuses a second request under the id of one that waits', async () => {
    const { url } = await start();
    const session = await openSession(url);
    const call = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'hang' } };
    const hanging = await post(url, call, session.headers);
    const second = await post(url, call, session.headers);
    expect(second.status).toBe(400);
    expect((await answerOf(second)).error?.code).toBe(-32600);
    await hanging.body?.cancel();
  });

  it.each([
    ['no session id', {}, 400],
    ['an unknown session id', { 'mcp-session-id': '0'.repeat(32) }, 404],
  ])('answers a request with %s without starting a child', async (_, headers, status) => {
    const { url, log } = await start({ program: '/nowhere' });
    const response = await post(url, { jsonrpc: '2.0', id: 1, method: 'ping' }, headers);
    expect(response.status).toBe(status);
    expect(log).toEqual([]);
  });
});

describe('a session that nobody uses', () => {
  afterEach(() => void vi.useRealTimers());

  /** A child that answers whatever it is asked, and may say more. */
  function fakeChild(): StdioChild & { says(method: string): void } {
    let receive: (message: WireMessage) => void = () => {};
    let end: (how: string) => void = () => {};
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    return {
      send: (text) => receive({ jsonrpc: '2.0', id: JSON.parse(text).id, result: {} }),
      says: (method) => receive({ jsonrpc: '2.0', method }),
      onMessage(callback) {
        receive = callback;
      },
      pause() {},
      resume() {},
      ended,
      async close() {
        end('exit code 0');
      },
    };
  }

  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-session-id': 's',
  };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {} };

  async function begin(child = fakeChild()) {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const onEnd = vi.fn();
    const session = createSession({
      ...{ id: 's', startTimeoutMs: 1_000, idleMs: 60_000, onEnd },
      start: () => child,
    });
    const clientInfo = { name: 'c', version: '1' };
    const first = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { ...params, clientInfo },
    };
    const begun = await session.handle({ method: 'POST', headers, body: JSON.stringify(first) });
    expect((await answerOf(begun)).result).toEqual({});
    return { session, onEnd };
  }

  it('ends, however much its child has to say to nobody', async () => {
    const child = fakeChild();
    const { onEnd } = await begin(child);
    for (let half = 0; half < 2; half += 1) {
      child.says('notifications/message');
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('ends, but not while somebody listens', async () => {
    const { session, onEnd } = await begin();
    const stream = await session.handle({ method: 'GET', headers, body: null });
    expect(stream.status).toBe(200);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(onEnd).not.toHaveBeenCalled();
    await stream.body?.cancel();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onEnd).toHaveBeenCalledOnce();
    const gone = await session.handle({ method: 'GET', headers, body: null });
    expect(gone.status).toBe(404);
  });
});
