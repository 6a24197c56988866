import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Field lines of the head, names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Bytes of the request that were taken off our hands before the connection ended. */
  readonly sentBytes: number;
}

const patienceMs = 10_000;

function parse(text: string, sentBytes: number): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const status = Number(statusLine.split(' ')[1]);
  return { status, headers: new Map(headers), body: rest.join('\r\n\r\n'), sentBytes };
}

/**
 * Sends bytes as they are, since every HTTP client tidies up paths and headers, and reads until the
 * other side closes the connection. The request should ask for that, or provoke it.
 *
 * @param more bytes to go on sending for as long as the other side takes them.
 */
export function rawExchange(
  port: number,
  request: string | Uint8Array,
  more?: Uint8Array,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1' });
    const impatience = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection stays open after: ${text.slice(0, 200)}`));
    }, patienceMs);
    const pour = (): void => {
      while (more && socket.writable && socket.write(more));
    };
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.on('drain', pour);
    // A reset is one way to close, and what was read before it counts.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(impatience);
      resolve(parse(text, socket.bytesWritten - socket.writableLength));
    });
    socket.write(request);
    pour();
  });
}

/** The request line and field lines of a request that wants the connection closed afterwards. */
export function rawHead(target: string, fields: readonly string[], method = 'POST'): string {
  return [`${method} ${target} HTTP/1.1`, 'Connection: close', ...fields, '', ''].join('\r\n');
}
