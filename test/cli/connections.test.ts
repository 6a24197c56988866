import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Connections, trackConnections } from '../../src/cli/connections.ts';
import { waiting } from '../support/waiting.ts';

let server: Server;
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  server.close();
});

async function listen(
  answer: (response: ServerResponse) => void,
  patienceMs?: number,
): Promise<{ connections: Connections; visit: () => Socket }> {
  server = createServer((_request, response) => answer(response));
  const connections = trackConnections(server, patienceMs);
  server.listen(0, '127.0.0.1');
  await vi.waitUntil(() => server.listening, waiting);
  const { port } = server.address() as AddressInfo;
  const visit = (): Socket => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    return socket;
  };
  return { connections, visit };
}

describe('a connection', () => {
  it('is cut where its client reads nothing, and not where there is nothing to read', async () => {
    const responses: ServerResponse[] = [];
    const { visit } = await listen((response) => {
      responses.push(response);
      response.write(Buffer.alloc(responses.length === 1 ? 2 : 20_000_000));
    }, 100);
    const idle = visit();
    await vi.waitUntil(() => responses.length === 1);
    idle.resume();
    visit().pause();
    await vi.waitUntil(() => responses[1]?.destroyed);
    expect([responses[0]?.destroyed, idle.destroyed]).toEqual([false, false]);
  });

  it('is kept while its client reads slowly', async () => {
    const size = 20_000_000;
    const { visit } = await listen((response) => response.end(Buffer.alloc(size)), 200);
    const socket = visit();
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      socket.pause();
      setTimeout(() => socket.resume(), 1);
    });
    await vi.waitUntil(() => received > size, { timeout: 15_000 });
  });

  it('is closed when no further request comes', async () => {
    const { visit } = await listen((response) => response.end('ok'), 100);
    server.keepAliveTimeout = 1;
    const socket = visit().resume();
    await vi.waitUntil(() => socket.destroyed, { timeout: 5_000 });
  });
});

describe('drain', () => {
  it('lets a slow client have the whole of an answer that was handed over already', async () => {
    const size = 20_000_000;
    let handedOver = false;
    const { connections, visit } = await listen((response) => {
      response.end(Buffer.alloc(size));
      handedOver = true;
    });
    const socket = visit().pause();
    await vi.waitUntil(() => handedOver, waiting);
    const drained = connections.drain(10_000);
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.resume();
    await drained;
    await vi.waitUntil(() => socket.destroyed, waiting);
    expect(received).toBeGreaterThan(size);
  });

  it('closes a connection that only waits for its next request', async () => {
    const { connections, visit } = await listen((response) => response.end('ok'));
    const socket = visit();
    await new Promise((resolve) => socket.once('data', resolve));
    await connections.drain(10_000);
    await vi.waitUntil(() => socket.destroyed, waiting);
    expect(server.listening).toBe(false);
  });

  it('cuts what still runs when the grace is over', async () => {
    let asked = false;
    const { connections, visit } = await listen(() => {
      asked = true;
    });
    const socket = visit();
    await vi.waitUntil(() => asked, waiting);
    await connections.drain(20);
    await vi.waitUntil(() => socket.destroyed, waiting);
  });
});
