import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { closeServer, listenOnLoopback } from '../../src/cli/demo/listen.ts';
import type { DoormanError } from '../../src/core/errors.ts';
import { systemPorts } from '../../src/core/ports.ts';
import type { Principal } from '../../src/core/types.ts';
import { createAnswer } from '../../src/gateway/answer.ts';
import { createSseUpstream } from '../../src/gateway/sse-upstream.ts';
import type { Upstream as Hop } from '../../src/gateway/upstream.ts';
import { passing } from '../../src/guard/answers.ts';
import type { Admitted } from '../../src/resource-server.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { manualClock } from '../support/clock.ts';
import { type Answer, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

const alice = { issuer: 'https://idp.example', subject: 'alice', clientId: 'c' } as Principal;
const bob = { ...alice, subject: 'bob' };

let upstream: Upstream;
let hop: Hop;
let front: Server;
let base: string;
/** How each exchange of the front ended, oldest first. */
let outcomes: (DoormanError | null)[];

function streaming(...chunks: readonly (string | Uint8Array)[]): Answer {
  return (_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const chunk of chunks) outgoing.write(chunk);
  };
}

function createHop(headersTimeoutMs: number): Hop {
  return createSseUpstream({
    url: new URL(`http://127.0.0.1:${upstream.port}/sse`),
    headersTimeoutMs,
    resource: 'https://mcp.example/mcp',
    store: createMemoryStore(manualClock()),
    digest: systemPorts.digest,
  });
}

beforeEach(async () => {
  outcomes = [];
  upstream = await startUpstream(streaming('event: endpoint\ndata: /message?sessionId=1\n\n'));
  hop = createHop(5_000);
  // A front without any guard: it believes who calls.
  front = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '', 'http://front');
    const answer = createAnswer({
      outgoing,
      headers: {},
      rules: passing,
      cancelOnDisconnect: incoming.method === 'GET',
      detachedTimeoutMs: 50,
      stop: null,
    });
    const principal = incoming.headers['x-user'] === 'bob' ? bob : alice;
    const request = {
      method: incoming.method as 'GET',
      headers: { 'x-told': 'yes' },
      body: incoming.method === 'POST' ? '{}' : null,
      sseSession: url.searchParams.get('session'),
      admitted: { principal } as Admitted,
    };
    hop.forward(request, answer).then(
      () => outcomes.push(null),
      (error: DoormanError) => {
        outcomes.push(error);
        outgoing.writeHead(error.row.status).end();
      },
    );
  });
  base = `http://127.0.0.1:${await listenOnLoopback(front, 0)}`;
});
afterEach(async () => {
  await hop.close();
  await closeServer(front);
  await upstream.close();
});

/** Reads a stream until a text has come, and goes away. */
async function readUntil(response: Response, text: string): Promise<string> {
  const decoder = new TextDecoder();
  let read = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    read += decoder.decode(chunk, { stream: true });
    if (read.includes(text)) break;
  }
  return read;
}

interface OpenStream {
  readonly endpoint: string;
  close(): void;
}

async function openStream(): Promise<OpenStream> {
  const stop = new AbortController();
  const response = await fetch(base, { signal: stop.signal });
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  const [, endpoint = ''] = /data: (\S+)/.exec(Buffer.from(value ?? []).toString()) ?? [];
  return { endpoint, close: () => stop.abort() };
}

const post = (endpoint: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL(endpoint, base), { method: 'POST', headers });

describe('the stream', () => {
  it('names an endpoint of ours, with an id of ours, in place of the server’s', async () => {
    const response = await fetch(base);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await readUntil(response, '\n\n')).toMatch(
      /^event: endpoint\ndata: \/mcp\?session=[A-Za-z0-9_-]{22}\n\n$/,
    );
    expect(upstream.last()).toMatchObject({ method: 'GET', url: '/sse' });
    expect(upstream.last().headers).toMatchObject({ 'x-told': 'yes' });
  });

  it('passes everything else on behind it, byte for byte, wherever it is cut', async () => {
    const before = ': comment\r\n\r\n';
    const after = 'event: message\ndata: {"text":"Grüße \u{1F44B}"}\n\ndata: end\n\n';
    const whole = Buffer.from(`${before}event: endpoint\r\ndata: /m\r\n\r\n${after}`);
    for (const size of [1, 7, whole.length]) {
      upstream.answerWith((_incoming, outgoing) => {
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
        for (let at = 0; at < whole.length; at += size) {
          outgoing.write(whole.subarray(at, at + size));
        }
      });
      const read = await readUntil(await fetch(base), 'end\n\n');
      expect(
        read
          .replace(/event: endpoint\ndata: \S+\n\n/, '<endpoint>')
          // The other half of a CRLF that was cut is one more empty line, which means nothing.
          .replace(/\n\nevent/, '\nevent'),
      ).toBe(`<endpoint>${before}${after}`);
    }
  });

  it('lets no second endpoint through, which could send a token elsewhere', async () => {
    const first = 'event: endpoint\ndata: /m\n\n';
    upstream.answerWith(
      streaming(first, 'event: endpoint\ndata: https://evil.example/\n\n', 'data: end\n\n'),
    );
    const read = await readUntil(await fetch(base), 'end\n\n');
    expect(read.match(/event: endpoint/g)).toHaveLength(1);
  });

  it.each([
    'https://evil.example/message',
    '//evil.example/message',
    'http://127.0.0.1:1/message',
    'http://user:pass@HOST/message',
    'https://HOST/message',
    'javascript:alert(1)',
    'http://[',
  ])('is refused where the server’s endpoint is elsewhere: %s', async (endpoint) => {
    const data = endpoint.replace('HOST', `127.0.0.1:${upstream.port}`);
    upstream.answerWith(streaming(`event: endpoint\ndata: ${data}\n\n`));
    expect((await fetch(base)).status).toBe(502);
    expect(outcomes[0]).toMatchObject({ code: 'upstream_refused' });
    await vi.waitUntil(() => upstream.last().outcome === 'cut', waiting);
  });

  it.each([
    ['is no event stream', 200, { 'content-type': 'application/json' }, '{}', 502],
    ['is no event stream, by another success', 201, { 'content-type': 'text/html' }, 'x', 502],
    ['ends before its endpoint', 200, { 'content-type': 'text/event-stream' }, 'data: 1\n\n', 502],
    ['is refused', 401, {}, '', 502],
    ['is redirected', 302, { location: 'https://evil.example/' }, '', 502],
    ['does not exist', 404, {}, '', 404],
  ])('is refused as it is anywhere where it %s', async (_what, status, headers, body, expected) => {
    upstream.answerWith((_incoming, outgoing) => {
      outgoing.writeHead(status, headers);
      outgoing.end(body);
    });
    expect((await fetch(base)).status).toBe(expected);
  });

  it('is given up where 64 KiB come without an endpoint', async () => {
    upstream.answerWith(streaming(`: ${'x'.repeat(70_000)}\n\n`));
    expect((await fetch(base)).status).toBe(502);
    expect(outcomes[0]).toMatchObject({ code: 'upstream_unavailable' });
  });

  it('is given up where no endpoint comes in time', async () => {
    hop = createHop(50);
    upstream.answerWith(streaming(': patience\n\n'));
    expect((await fetch(base)).status).toBe(504);
    expect(outcomes[0]).toMatchObject({ code: 'upstream_timeout' });
  });

  it('is cancelled at the server when its client goes away', async () => {
    const { close } = await openStream();
    close();
    await vi.waitUntil(() => upstream.last().outcome === 'cut', waiting);
    await vi.waitUntil(() => outcomes.length === 1, waiting);
  });
});

describe('a message', () => {
  it('goes where the server wants it, with what the server is told', async () => {
    const { endpoint, close } = await openStream();
    upstream.answerWith((_incoming, outgoing) => void outgoing.writeHead(202).end('Accepted'));
    const response = await post(endpoint);
    expect(response.status).toBe(202);
    expect(await response.text()).toBe('Accepted');
    expect(upstream.last()).toMatchObject({
      method: 'POST',
      url: '/message?sessionId=1',
      body: '{}',
    });
    expect(upstream.last().headers).toMatchObject({ 'x-told': 'yes' });
    close();
  });

  it('of somebody else is 404, and the server sees nothing', async () => {
    const { endpoint, close } = await openStream();
    const before = upstream.arrivals.length;
    expect((await post(endpoint, { 'x-user': 'bob' })).status).toBe(404);
    expect(outcomes.at(-1)).toMatchObject({ code: 'session_mismatch' });
    expect(upstream.arrivals).toHaveLength(before);
    close();
  });

  it.each(['/mcp?session=AAAAAAAAAAAAAAAAAAAAAA', '/mcp?session=1', '/mcp?session='])(
    'to a session that does not exist is 404: %s',
    async (endpoint) => {
      expect((await post(endpoint)).status).toBe(404);
      expect(upstream.arrivals).toHaveLength(0);
    },
  );

  it('without a session is 405, which sends clients that know both transports to GET', async () => {
    expect((await post('/mcp')).status).toBe(405);
    expect(upstream.arrivals).toHaveLength(0);
  });

  it('to a stream that has ended is 404', async () => {
    const { endpoint, close } = await openStream();
    close();
    await vi.waitUntil(() => outcomes.length === 1, waiting);
    expect((await post(endpoint)).status).toBe(404);
    expect(upstream.arrivals).toHaveLength(1);
  });
});

it('knows no DELETE', async () => {
  expect((await fetch(base, { method: 'DELETE' })).status).toBe(405);
  expect(upstream.arrivals).toHaveLength(0);
});
