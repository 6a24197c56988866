import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import {
  createHttpUpstream,
  type HttpUpstream,
  type UpstreamRequest,
} from '../../src/gateway/http-upstream.ts';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';

const call: UpstreamRequest = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{}',
  cancelOnDisconnect: false,
  stop: null,
};

let upstream: Upstream;
let hop: HttpUpstream;
let front: Server;
let forwarded: Promise<unknown>;

/** A front that forwards whatever comes as the given request. */
async function serve(request: UpstreamRequest): Promise<number> {
  front = createServer((_incoming, outgoing) => {
    forwarded = hop.forward(request, outgoing, {}).catch((error: unknown) => {
      outgoing.destroy();
      return error;
    });
  });
  front.listen(0, '127.0.0.1');
  await vi.waitUntil(() => front.listening);
  return (front.address() as AddressInfo).port;
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
    detachedTimeoutMs: 50,
  });
});

afterEach(async () => {
  front.closeAllConnections();
  front.close();
  await hop.close();
  await upstream.close();
});

describe('an answer that nobody listens to any more', () => {
  it('runs on, but not for ever', async () => {
    upstream.answerWith((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write('data: 1\n\n');
    });
    const socket = visit(await serve(call));
    await vi.waitUntil(() => upstream.arrivals.length > 0);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await vi.waitUntil(() => upstream.last().outcome === 'cut');
    expect(await forwarded).toBeUndefined();
  });
});

describe('a stop', () => {
  it('refuses an exchange whose answer has not begun', async () => {
    const stop = new AbortController();
    upstream.answerWith(() => {});
    visit(await serve({ ...call, stop: stop.signal }));
    await vi.waitUntil(() => upstream.arrivals.length > 0);
    stop.abort(new DoormanError('shutting_down'));
    expect(await forwarded).toMatchObject({ code: 'shutting_down' });
  });

  it('ends a stream that has begun, and cancels it at the upstream', async () => {
    const stop = new AbortController();
    upstream.answerWith((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': '1000' });
      outgoing.write('data: 1\n\n');
    });
    const socket = visit(await serve({ ...call, cancelOnDisconnect: true, stop: stop.signal }));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await vi.waitUntil(() => text.includes('data: 1'));
    stop.abort(new DoormanError('shutting_down'));
    await vi.waitUntil(() => text.endsWith('0\r\n\r\n'));
    expect(text.toLowerCase()).not.toContain('content-length');
    expect(await forwarded).toBeUndefined();
    await vi.waitUntil(() => upstream.last().outcome === 'cut');
  });
});
