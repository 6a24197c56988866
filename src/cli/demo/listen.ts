import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Listens on 127.0.0.1, never on another interface.
 *
 * @param port 0 for a free one.
 * @returns the port.
 * @throws Error with code `EADDRINUSE` when the port is taken.
 */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Stops listening and ends every connection, streams included. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/**
 * Holds a port for a server that must know its port before it starts. The port stays taken until
 * `release`, so that nothing else that asks for a free one is given it meanwhile.
 *
 * @param port 0 for a free one.
 */
export async function reservePort(
  port: number,
): Promise<{ readonly port: number; release(): Promise<void> }> {
  const holder = createServer();
  const held = await listenOnLoopback(holder, port);
  return { port: held, release: () => closeServer(holder) };
}
