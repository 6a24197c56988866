import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import { type AnswerOptions, createAnswer } from '../../src/gateway/answer.ts';
import { createHttpUpstream } from '../../src/gateway/http-upstream.ts';
import type { Upstream as Hop, UpstreamRequest } from '../../src/gateway/upstream.ts';
import { passing } from '../../src/guard/answers.ts';
import type { Admitted } from '../../src/resource-server.ts';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

const call: UpstreamRequest = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{}',
  sseSession: null,
  // This transport does not look at it.
  admitted: {} as Admitted,
};

const patient: Omit<AnswerOptions, 'outgoing'> = {
  headers: {},
  rules: passing,
  cancelOnDisconnect: false,
  detachedTimeoutMs: 50,
  stop: null,
};

let upstream: Upstream;
let hop: Hop;
let front: Server | undefined;
let forwarded: Promise<unknown>;

/** A front that forwards whatever comes as the one call. */
async function serve(options: Partial<AnswerOptions> = {}): Promise<number> {
  const server = createServer((_incoming, outgoing) => {
    const answer = createAnswer({ ...patient, ...options, outgoing });
    forwarded = hop.forward(call, answer).catch((error: unknown) => {
      outgoing.destroy();
      return error;
    });
  });
  front = server.listen(0, '127.0.0.1');
  await vi.waitUntil(() => server.listening, waiting);
  return (server.address() as AddressInfo).port;
}

function visit(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return socket;
}

beforeEach(async () => {
  upstream = await startUpstream(emptyResult);
  hop = createHttpUpstream({
    url: new URL(upstream.url),
    headersTimeoutMs: 5_000,
  });
});

afterEach(async () => {
  vi.useRealTimers();
  front?.closeAllConnections();
  front?.close();
  await hop.close();
  await upstream.close();
});

describe('an answer that nobody listens to any more', () => {
  it('runs on, but not for ever', async () => {
    upstream.answerWith((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write('data: 1\n\n');
    });
    const socket = visit(await serve());
    await vi.waitUntil(() => upstream.arrivals.length > 0, waiting);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await vi.waitUntil(() => upstream.last().outcome === 'cut', waiting);
    expect(await forwarded).toBeUndefined();
  });
});

describe.each([
  ['runs on for a while', false],
  ['is cancelled at once', true],
])('an answer whose client has left before the request goes on', (how, cancelOnDisconnect) => {
  it(how, () => {
    vi.useFakeTimers();
    const incoming = new IncomingMessage(new Socket());
    const outgoing = new ServerResponse(incoming);
    outgoing.destroy();
    const answer = createAnswer({ ...patient, outgoing, cancelOnDisconnect });
    const cancel = vi.fn();
    answer.onCancel(cancel);
    expect(cancel).toHaveBeenCalledTimes(cancelOnDisconnect ? 1 : 0);
    vi.advanceTimersByTime(patient.detachedTimeoutMs);
    expect(cancel).toHaveBeenCalledOnce();
  });
});

describe('a stop', () => {
  it('refuses an exchange whose answer has not begun', async () => {
    const stop = new AbortController();
    upstream.answerWith(() => {});
    visit(await serve({ stop: stop.signal }));
    await vi.waitUntil(() => upstream.arrivals.length > 0, waiting);
    stop.abort(new DoormanError('shutting_down'));
    expect(await forwarded).toMatchObject({ code: 'shutting_down' });
  });

  it('ends a stream that has begun, and cancels it at the upstream', async () => {
    const stop = new AbortController();
    upstream.answerWith((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': '1000' });
      outgoing.write('data: 1\n\n');
    });
    const socket = visit(await serve({ cancelOnDisconnect: true, stop: stop.signal }));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await vi.waitUntil(() => text.includes('data: 1'), waiting);
    stop.abort(new DoormanError('shutting_down'));
    await vi.waitUntil(() => text.endsWith('0\r\n\r\n'), waiting);
    expect(text.toLowerCase()).not.toContain('content-length');
    expect(await forwarded).toBeUndefined();
    await vi.waitUntil(() => upstream.last().outcome === 'cut', waiting);
  });

  it('lets nothing more out, though the server goes on before the client has taken the end', async () => {
    const stop = new AbortController();
    const outgoing = new ServerResponse(new IncomingMessage(new Socket()));
    const errors: unknown[] = [];
    outgoing.on('error', (error) => errors.push(error));
    const answer = createAnswer({ ...patient, outgoing, stop: stop.signal });
    const cancel = vi.fn();
    answer.onCancel(cancel);
    void answer.begin(200, { 'content-type': 'text/event-stream' });
    stop.abort(new DoormanError('shutting_down'));
    expect(answer.write(encoder.encode('data: 1\n\n'))).toBe(true);
    expect(cancel).toHaveBeenCalledOnce();
    await new Promise(setImmediate);
    expect([errors, outgoing.writableEnded]).toEqual([[], true]);
  });
});

const encoder = new TextEncoder();

describe('the rules of an answer', () => {
  it('make the head wait until it is noted', async () => {
    const heads: unknown[] = [];
    const head = async (status: number, header: (name: string) => string | undefined) => {
      heads.push([status, header('content-type')]);
    };
    const port = await serve({ rules: { ...passing, head } });
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect(await response.text()).toBe('{"jsonrpc":"2.0","id":null,"result":{}}');
    expect(heads).toEqual([[200, 'application/json']]);
    expect(await forwarded).toBeUndefined();
  });

  it('refuse an answer whose head cannot be noted', async () => {
    const head = async (): Promise<void> => {
      throw new DoormanError('issuer_unavailable');
    };
    visit(await serve({ rules: { ...passing, head } }));
    await vi.waitUntil(() => upstream.arrivals.length > 0, waiting);
    expect(await forwarded).toMatchObject({ code: 'issuer_unavailable' });
  });

  it.each([
    [true, 'kept back: {"jsonrpc":"2.0","id":null,"result":{}}'],
    [false, '{"jsonrpc":"2.0","id":null,"result":{}}: kept back'],
  ])('change a body and its length, held back: %s', async (holdsBack, expected) => {
    const whole: Uint8Array[] = [];
    const filter = {
      holdsBack,
      write: (chunk: Uint8Array) => {
        if (!holdsBack) return chunk;
        whole.push(chunk);
        return new Uint8Array();
      },
      end: () =>
        holdsBack
          ? Buffer.concat([encoder.encode('kept back: '), ...whole])
          : encoder.encode(': kept back'),
    };
    upstream.answerWith((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': 39 });
      outgoing.end('{"jsonrpc":"2.0","id":null,"result":{}}');
    });
    const port = await serve({ rules: { ...passing, body: () => filter } });
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect(await response.text()).toBe(expected);
  });

  it('hold back what hands something over until it is noted, and all that comes behind it', async () => {
    const noted: ((instead: Uint8Array) => void)[] = [];
    const handOver = (passed: Uint8Array) =>
      Buffer.from(passed).includes('task')
        ? new Promise<Uint8Array>((resolve) => void noted.push(resolve))
        : null;
    upstream.answerWith((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write('data: 1\n\n');
      setTimeout(() => outgoing.write('data: task\n\n'), 20);
      setTimeout(() => outgoing.end('data: 3\n\n'), 40);
    });
    const socket = visit(await serve({ rules: { ...passing, handOver } }));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await vi.waitUntil(() => noted.length > 0, waiting);
    expect(text).toContain('data: 1');
    expect(text).not.toMatch(/task|data: 3/);
    noted[0]?.(Buffer.from('data: noted\n\n'));
    await vi.waitUntil(() => text.endsWith('0\r\n\r\n'), waiting);
    expect(text).toMatch(/data: 1.*data: noted.*data: 3/s);
    expect(await forwarded).toBeUndefined();
  });

  it('refuse the whole answer where a body that is held back cannot be read', async () => {
    const filter = {
      holdsBack: true,
      write: () => new Uint8Array(),
      end: (): Uint8Array => {
        throw new DoormanError('upstream_unavailable');
      },
    };
    visit(await serve({ rules: { ...passing, body: () => filter } }));
    await vi.waitUntil(() => upstream.arrivals.length > 0, waiting);
    expect(await forwarded).toMatchObject({ code: 'upstream_unavailable' });
  });
});
