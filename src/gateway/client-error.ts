import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../core/error-table.ts';
import { DoormanError } from '../core/errors.ts';
import type { Log } from '../core/ports.ts';

/** What Node's parser says of requests that never become one. */
const codes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/**
 * Answers what is no HTTP request, or does not become one in time, with the refusal that everything
 * else gets; Node's own answer would have neither body nor log line. The connection ends.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, log: Log): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const { code, row } = new DoormanError(codes[error.code ?? ''] ?? 'message_invalid');
  const { remoteAddress: clientAddress } = socket as Partial<Socket>;
  log[row.level]('refused', { code, clientAddress, reason: error.code });
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: null,
    error: { code: row.status, message: row.message },
  });
  const head = [
    `HTTP/1.1 ${row.status} ${STATUS_CODES[row.status]}`,
    'Connection: close',
    'Content-Type: application/json',
    'Cache-Control: no-store',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
