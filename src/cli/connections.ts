import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

const sweepMs = 50;

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
 * Keeps track from now on. Node's own `close` and `closeIdleConnections` take a connection for idle
 * as soon as its answer was handed over, though much of it may still wait for a slow client.
 */
export function trackConnections(server: Server): Connections {
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
