import { Buffer } from 'node:buffer';
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** A Node response in the hands of a handler: what it writes comes out as a web-standard answer. */
export interface Capture {
  /** Resolves when the handler begins its answer. */
  readonly answer: Promise<Response>;
  /** Writes an answer to the client in place of what the handler wrote. */
  send(response: Response): Promise<void>;
}

type Written = string | Uint8Array;
type Called = ((error?: Error) => void) | undefined;
type Writers = Pick<ServerResponse, 'writeHead' | 'flushHeaders' | 'write' | 'end'>;

const bufferedBytes = 64 * 1024;
const bodyless: readonly number[] = [204, 205, 304];

function writersOf(res: ServerResponse): Writers {
  return {
    writeHead: res.writeHead.bind(res),
    flushHeaders: res.flushHeaders.bind(res),
    write: res.write.bind(res),
    end: res.end.bind(res),
  } as Writers;
}

function headersOf(res: ServerResponse): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(res.getHeaders()))
    for (const one of [value ?? []].flat()) headers.append(name, `${one}`);
  return headers;
}

/** Takes note of the headers of a `writeHead` in either of the forms that Node knows. */
function noteHeaders(
  res: ServerResponse,
  fields: OutgoingHttpHeaders | OutgoingHttpHeader[],
): void {
  if (!Array.isArray(fields)) {
    for (const [name, value] of Object.entries(fields))
      if (value !== undefined) res.setHeader(name, value);
    return;
  }
  const pairs = fields.flatMap((name, at) =>
    at % 2 === 0 ? [[`${name}`, `${fields[at + 1]}`]] : [],
  );
  for (const [name = ''] of pairs) res.removeHeader(name);
  for (const [name = '', value = ''] of pairs) res.appendHeader(name, value);
}

async function pour(
  body: ReadableStream<Uint8Array>,
  res: ServerResponse,
  to: Writers,
): Promise<void> {
  const reader = body.getReader();
  let wake = (): void => {};
  const onDrain = (): void => wake();
  const onClose = (): void => {
    wake();
    reader.cancel().catch(() => {});
  };
  res.on('drain', onDrain).once('close', onClose);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || res.destroyed) break;
      to.write(value);
      // A handler may be told to go on while the socket is still full.
      while (res.writableNeedDrain && !res.destroyed)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    to.end();
  } catch {
    // Half a body must be seen as broken.
    res.destroy();
  } finally {
    res.off('drain', onDrain).off('close', onClose);
  }
}

/** Writes a web-standard answer to a Node response, as fast as the client reads. */
export async function sendResponse(
  response: Response,
  res: ServerResponse,
  to: Writers = writersOf(res),
): Promise<void> {
  res.setHeaders(response.headers);
  to.writeHead(response.status);
  if (response.body === null) return void to.end();
  to.flushHeaders();
  await pour(response.body, res, to);
}

/**
 * Takes a Node response out of the handler's hands: head and body, written in whatever way, come out
 * as one web-standard answer, at the pace at which that is read.
 */
export function captureAnswer(res: ServerResponse): Capture {
  const real = writersOf(res);
  let begun = false;
  let over = false;
  let waiting = false;
  let begin = (): void => {};
  let source: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        source = controller;
      },
      pull() {
        if (!waiting) return;
        waiting = false;
        res.emit('drain');
      },
      cancel() {
        over = true;
      },
    },
    { highWaterMark: bufferedBytes, size: ({ byteLength }) => byteLength },
  );
  const answer = new Promise<Response>((resolve, reject) => {
    begin = () => {
      if (begun) return;
      begun = true;
      try {
        const { statusCode: status } = res;
        const headers = headersOf(res);
        resolve(new Response(bodyless.includes(status) ? null : body, { status, headers }));
      } catch (error) {
        reject(error);
      }
    };
  });

  function write(chunk: Written, encoding?: BufferEncoding | Called, called?: Called): boolean {
    begin();
    const callback = typeof encoding === 'function' ? encoding : called;
    if (callback) queueMicrotask(callback);
    if (over) return true;
    const text = typeof encoding === 'string' ? encoding : 'utf8';
    source.enqueue(typeof chunk === 'string' ? Buffer.from(chunk, text) : chunk);
    waiting = (source.desiredSize ?? 1) <= 0;
    return !waiting;
  }

  Object.defineProperty(res, 'headersSent', { configurable: true, get: () => begun });
  Object.assign(res, {
    writeHead(status: number, ...rest: unknown[]) {
      res.statusCode = status;
      const fields = rest.find((one) => typeof one === 'object' && one !== null);
      if (fields) noteHeaders(res, fields as OutgoingHttpHeaders);
      return res;
    },
    flushHeaders: () => begin(),
    write,
    end(chunk?: Written | Called, encoding?: BufferEncoding | Called, called?: Called) {
      const callback = [chunk, encoding, called].find((one) => typeof one === 'function') as Called;
      if (callback) res.once('finish', callback);
      if (typeof chunk === 'string' || chunk instanceof Uint8Array)
        write(chunk, typeof encoding === 'string' ? encoding : undefined);
      begin();
      if (!over) source.close();
      over = true;
      return res;
    },
  });

  return {
    answer,
    async send(response) {
      for (const name of res.getHeaderNames()) res.removeHeader(name);
      // @hono/node-server, and with it MCP SDK v1, leaves a length in no header but in Node itself.
      res.removeHeader('Content-Length');
      await sendResponse(response, res, real);
    },
  };
}
