import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { captureAnswer } from '../../src/adapters/node-answer.ts';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { waiting } from '../support/waiting.ts';
import { listen } from './rig.ts';

type Handler = (res: ServerResponse, req: IncomingMessage) => unknown;
type Change = (response: Response) => Response | Promise<Response>;

/** A server whose handler's answers go through a change. */
async function start(handler: Handler, change: Change = (response) => response) {
  const { port, release } = await reservePort(0);
  await release();
  const server = createServer((req, res) => {
    const { answer, send } = captureAnswer(res);
    void answer.then(change).then(send);
    void handler(res, req);
  });
  return { port, url: `http://127.0.0.1:${port}/`, close: await listen(server, port) };
}

async function answerOf(handler: Handler, change?: Change) {
  const { url, close } = await start(handler, change);
  const response = await fetch(url);
  const text = await response.text();
  await close();
  return { status: response.status, headers: response.headers, text };
}

describe('captureAnswer', () => {
  it.each<[string, Handler]>([
    ['end alone', (res) => res.setHeader('X-A', '1').end('text')],
    ['writeHead with fields', (res) => res.writeHead(200, { 'X-A': '1' }).end('text')],
    ['writeHead with a reason', (res) => res.writeHead(200, 'Fine', { 'X-A': '1' }).end('text')],
    ['writeHead with a list', (res) => res.writeHead(200, ['X-A', '1']).end(Buffer.from('text'))],
    [
      'several writes',
      (res) => {
        res.setHeader('X-A', '1');
        res.write('te');
        res.write('7874', 'hex');
        res.end();
      },
    ],
    ['a pipe', (res) => Readable.from(['te', 'xt']).pipe(res.setHeader('X-A', '1'))],
    ['an encoding', (res) => res.setHeader('X-A', '1').end('dGV4dA==', 'base64')],
  ])('takes %s', async (_way, handler) => {
    const { status, headers, text } = await answerOf(handler);
    expect([status, headers.get('X-A'), text]).toEqual([200, '1', 'text']);
  });

  it('keeps several cookies apart', async () => {
    const { headers } = await answerOf((res) => res.setHeader('Set-Cookie', ['a=1', 'b=2']).end());
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it('leaves a status without a body alone', async () => {
    const { status, text } = await answerOf((res) => res.writeHead(204).end());
    expect([status, text]).toEqual([204, '']);
  });

  it('sends what the answer was changed into, and nothing of what it was', async () => {
    const { status, headers, text } = await answerOf(
      (res) => res.writeHead(200, { 'X-Secret': '1', 'Content-Length': 6 }).end('secret'),
      async (response) => {
        await response.body?.cancel();
        return new Response('refused', { status: 502 });
      },
    );
    expect([status, headers.get('X-Secret'), text]).toEqual([502, null, 'refused']);
  });

  it('forgets a length that was left in Node itself', async () => {
    const { text } = await answerOf(
      (res) => {
        Object.assign(res, { _contentLength: 6 });
        res.end('secret');
      },
      () => new Response('ok'),
    );
    expect(text).toBe('ok');
  });

  it('tells callbacks, and says that headers are out once the answer has begun', async () => {
    const told: string[] = [];
    await answerOf((res) => {
      told.push(`${res.headersSent}`);
      res.write('a', () => told.push('written'));
      told.push(`${res.headersSent}`);
      res.end(() => told.push('finished'));
    });
    await vi.waitFor(() => expect(told).toEqual(['false', 'true', 'written', 'finished']), waiting);
  });

  it('streams', async () => {
    let more = (): void => {};
    const { url, close } = await start((res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      res.write('data: 1\n\n');
      more = () => res.end('data: 2\n\n');
    });
    const reader = (await fetch(url)).body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('data: 1\n\n');
    more();
    expect((await reader?.read())?.value).toBe('data: 2\n\n');
    expect((await reader?.read())?.done).toBe(true);
    await close();
  });

  it('has the handler wait for a client that does not read, and go on once it does', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'a');
    const total = 400;
    let written = 0;
    let waits = 0;
    const { port, close } = await start(async (res) => {
      while (written < total) {
        written += 1;
        if (res.write(chunk)) continue;
        waits += 1;
        await new Promise((resolve) => res.once('drain', resolve));
      }
      res.end();
    });
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    socket.pause();
    await vi.waitFor(() => expect(waits).toBeGreaterThan(0), waiting);
    let seen = -1;
    await vi.waitFor(
      () => {
        const before = seen;
        seen = written;
        expect(seen).toBe(before);
      },
      { interval: 100 },
    );
    expect(written).toBeLessThan(total);
    let received = 0;
    socket.on('data', ({ length }) => {
      received += length;
    });
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(written).toBe(total);
    expect(received).toBeGreaterThan(total * chunk.length);
    await close();
  });

  it('lets the handler see that the client has gone', async () => {
    let isClosed = false;
    const { port, close } = await start((res) => {
      res.write('begun');
      res.once('close', () => {
        isClosed = true;
        expect(res.write('nobody listens')).toBe(true);
        res.end();
      });
    });
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.once('data', () => socket.destroy());
    await vi.waitFor(() => expect(isClosed).toBe(true), waiting);
    await close();
  });

  it('breaks off where the changed body does', async () => {
    const { url, close } = await start(
      (res) => res.write('begun'),
      ({ body }) => {
        const giveUp = new TransformStream({
          transform(chunk, controller) {
            controller.enqueue(chunk);
            controller.error(new Error('unreadable'));
          },
        });
        return new Response(body?.pipeThrough(giveUp));
      },
    );
    const text = fetch(url).then((response) => response.text());
    await expect(text).rejects.toThrow();
    await close();
  });
});
