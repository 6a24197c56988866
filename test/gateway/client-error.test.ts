import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { answerClientError } from '../../src/gateway/client-error.ts';
import { recordingLog } from '../support/issuer.ts';

function answered(code: string) {
  const socket = Object.assign(new PassThrough(), { remoteAddress: '192.0.2.7' });
  const log = recordingLog();
  answerClientError(Object.assign(new Error('parse'), { code, rawPacket: 'canary' }), socket, log);
  const text = `${socket.read() ?? ''}`;
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { socket, log, text, head: head.split('\r\n'), body };
}

describe('answerClientError', () => {
  it.each([
    ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large', 'headers_too_large'],
    ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout', 'request_timeout'],
    ['HPE_INVALID_METHOD', '400 Bad Request', 'message_invalid'],
  ])('answers %s with %s, a JSON-RPC error and a log line', (reason, status, code) => {
    const { head, body, log, text } = answered(reason);
    expect(head[0]).toBe(`HTTP/1.1 ${status}`);
    expect(head).toContain('Connection: close');
    expect(head).toContain(`Content-Length: ${body.length}`);
    expect(JSON.parse(body)).toMatchObject({
      id: null,
      error: { code: Number(status.slice(0, 3)) },
    });
    expect(log.lines.at(-1)?.fields).toEqual({ code, clientAddress: '192.0.2.7', reason });
    expect(text + JSON.stringify(log.lines)).not.toContain('canary');
  });

  it('says nothing to a client that has gone', () => {
    const { socket, text, log } = answered('ECONNRESET');
    expect(text).toBe('');
    expect(socket.destroyed).toBe(true);
    expect(log.lines).toEqual([]);
  });
});
