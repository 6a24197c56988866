import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

const sweepMs = 50;
/** Whoever takes nothing of what waits for so long is gone, whatever the connection says. */
const defaultPatienceMs = 60_000;

/** Knows the connections of a server, to close it without cutting an answer short. */
export interface Connections {
  /**
   * Stops listening, closes connections as they become idle, and ends when all are closed.
   *
   * @param graceMs longest wait for answers that are being written; what is left is cut then.
   */
  drain(graceMs: number): Promise<void>;
}

/**
 * Keeps track from now on, and cuts connections whose client does not read: what waits for one would
 * be kept for ever, since Node has no limit for that. A stream that is merely idle is let alone.
 *
 * Node's own `close` and `closeIdleConnections` take a connection for idle
 * as soon as its answer was handed over, though much of it may still wait for a slow client.
 */
export function trackConnections(
  server: Server,
  patienceMs: number = defaultPatienceMs,
): Connections {
  const answers = new Map<Socket, number>();

  server.on('connection', (socket) => {
    answers.set(socket, 0);
    socket.once('close', () => answers.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    const count = (change: number): void => {
      const before = answers.get(socket);
      if (before !== undefined) answers.set(socket, before + change);
    };
    count(1);
    response.once('close', () => count(-1));
  });

  // With this listener the end of an idle connection's life is ours to see to as well.
  server.setTimeout(patienceMs, (socket) => {
    if (!answers.get(socket) || socket.writableLength > 0) socket.destroy();
  });

  function closeIdle(): void {
    for (const [socket, running] of answers) if (running === 0) socket.destroy();
  }

  function drain(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const sweep = setInterval(closeIdle, sweepMs);
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      NetServer.prototype.close.call(server, () => {
        clearInterval(sweep);
        clearTimeout(cut);
        resolve();
      });
      closeIdle();
    });
  }

  return { drain };
}
