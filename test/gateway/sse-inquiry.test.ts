import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemPorts } from '../../src/core/ports.ts';
import type { Principal } from '../../src/core/types.ts';
import { createInnerAnswer } from '../../src/gateway/inner-answer.ts';
import { createSseUpstream } from '../../src/gateway/sse-upstream.ts';
import type { Upstream as Hop } from '../../src/gateway/upstream.ts';
import { readMessage } from '../../src/mcp/message.ts';
import type { Admitted } from '../../src/resource-server.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { manualClock } from '../support/clock.ts';
import { legacyServer } from '../support/legacy-server.ts';
import { type Answer, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

const list = { jsonrpc: '2.0', id: 'list-1', method: 'tools/list' };

let upstream: Upstream;
let hop: Hop;

beforeEach(async () => {
  upstream = await startUpstream(() => {});
  hop = createSseUpstream({
    url: new URL(`http://127.0.0.1:${upstream.port}/sse`),
    headersTimeoutMs: 5_000,
    resource: 'https://mcp.example/mcp',
    store: createMemoryStore(manualClock()),
    digest: systemPorts.digest,
  });
});
afterEach(async () => {
  await hop.close();
  await upstream.close();
});

/** Asks, and reads what comes back; `stop` gives up on it. */
function ask() {
  const texts: string[] = [];
  const answer = createInnerAnswer((text) => void texts.push(text));
  const message = readMessage(new TextEncoder().encode(JSON.stringify(list)));
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-told': 'yes' },
    body: message.canonical,
    sseSession: null,
    admitted: { principal: {} as Principal, message } as Admitted,
  } as const;
  const asked = hop.ask?.(request, answer) ?? Promise.resolve();
  return { texts, asked, stop: answer.stop };
}

describe('a request of our own to a legacy server', () => {
  it('is asked in a session that is opened for it, and closed', async () => {
    const server = legacyServer(({ method }) => (method === 'tools/list' ? { tools: [] } : {}));
    upstream.answerWith(server.answer);
    const { asked, texts } = ask();
    await asked;
    expect(texts.map((text) => JSON.parse(text))).toEqual([
      { jsonrpc: '2.0', id: 'list-1', result: { tools: [] } },
    ]);
    expect(server.messages.map(([, method]) => method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
    ]);
    for (const { headers } of upstream.arrivals) expect(headers['x-told']).toBe('yes');
    await vi.waitUntil(() => upstream.arrivals[0]?.outcome === 'cut', waiting);
  });

  it.each<[string, Answer, string]>([
    ['refuses the stream', (_in, out) => void out.writeHead(401).end(), 'upstream_refused'],
    [
      'has its endpoint elsewhere',
      (_in, out) => {
        out.writeHead(200, { 'content-type': 'text/event-stream' });
        out.write('event: endpoint\ndata: https://evil.example/\n\n');
      },
      'upstream_refused',
    ],
    [
      'refuses the message',
      (incoming, out, arrival) =>
        incoming.method === 'POST'
          ? void out.writeHead(500).end()
          : legacyServer(() => null).answer(incoming, out, arrival),
      'upstream_refused',
    ],
    [
      'ends the stream',
      (incoming, out) => {
        if (incoming.method === 'POST') return void out.writeHead(202).end();
        out.writeHead(200, { 'content-type': 'text/event-stream' });
        out.write('event: endpoint\ndata: /message\n\n');
        setImmediate(() => out.end());
      },
      'upstream_unavailable',
    ],
    [
      'says what is no message',
      (incoming, out) => {
        if (incoming.method === 'POST') return void out.writeHead(202).end();
        out.writeHead(200, { 'content-type': 'text/event-stream' });
        out.write('event: endpoint\ndata: /message\n\ndata: no JSON\n\n');
      },
      'upstream_unavailable',
    ],
  ])('fails where the server %s', async (_what, answer, code) => {
    upstream.answerWith(answer);
    const { asked, texts } = ask();
    await expect(asked).rejects.toMatchObject({ code });
    expect(texts).toEqual([]);
  });

  it('can be given up', async () => {
    const server = legacyServer(() => null);
    upstream.answerWith(server.answer);
    const { asked, stop } = ask();
    await vi.waitUntil(() => server.messages.length === 1, waiting);
    stop(new Error('enough'));
    await expect(asked).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await vi.waitUntil(() => upstream.arrivals[0]?.outcome === 'cut', waiting);
  });
});
