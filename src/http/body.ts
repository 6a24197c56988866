import { DoormanError } from '../core/errors.ts';

const jsonType = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

function checkHeaders(headers: Headers, limitBytes: number): void {
  const encoding = headers.get('Content-Encoding')?.trim().toLowerCase() ?? 'identity';
  if (!jsonType.test(headers.get('Content-Type')?.trim() ?? '') || encoding !== 'identity') {
    throw new DoormanError('content_type_denied');
  }
  if (Number(headers.get('Content-Length') ?? 0) > limitBytes) {
    throw new DoormanError('body_too_large');
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const only = chunks[0];
  if (only && chunks.length === 1) return only;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  if (!request.body) return;
  try {
    yield* request.body as unknown as AsyncIterable<Uint8Array>;
  } catch (cause) {
    // The client went away in the middle, or broke its own framing.
    throw new DoormanError('message_invalid', { cause });
  }
}

/**
 * Reads a request body that claims to be one JSON document in UTF-8 without compression.
 * The bytes are not looked at; time limits are the HTTP server's.
 *
 * @param limitBytes the most that is ever held; a longer body is refused as soon as it shows.
 * @throws DoormanError `content_type_denied`, `body_too_large`, `message_invalid` for a body that
 *   breaks off
 */
export async function readBody(request: Request, limitBytes: number): Promise<Uint8Array> {
  checkHeaders(request.headers, limitBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(request)) {
    size += chunk.length;
    if (size > limitBytes) throw new DoormanError('body_too_large');
    chunks.push(chunk);
  }
  return join(chunks, size);
}
