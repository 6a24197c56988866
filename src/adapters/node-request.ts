import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ReadableStream } from 'node:stream/web';
import { DoormanError } from '../core/errors.ts';
import type { Principal } from '../core/types.ts';
import type { AuthInfo } from '../mcp/auth-info.ts';
import type { Passage } from './mount.ts';

/** What the guard leaves on the request of an admitted call. */
export interface Guarded {
  readonly principal: Principal;
  /** The caller for the MCP SDKs, which look for it here. */
  readonly auth: AuthInfo;
  /** The canonical message that was judged, parsed: hand it to `transport.handleRequest`. */
  readonly body: unknown;
  /** The same as bytes, for what would read the stream, which is over. */
  readonly rawBody: Buffer | undefined;
}

/** What follows in the chain of a framework. */
export type Next = (error?: Error) => void;

/** Answers admitted requests by writing to `res`; its errors go to `next`, where there is one. */
export type NodeHandler<Req extends IncomingMessage, Res extends ServerResponse> = (
  req: Req & Guarded,
  res: Res,
  next: Next | undefined,
) => unknown;

const maxHeaderFields = 100;
const drainableBytes = 64 * 1024;
/** What `fetch` cannot name. MCP has no use for them, so that they are refused like any other. */
const unnameable = /^(?:TRACE|TRACK|CONNECT)$/;

/** The path exactly as it stands in the request line: no decoding, no dot segments, no case. */
export function rawPath(target = ''): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** Whether an answered request has more of a body coming than is worth reading to its end. */
export function leavesBodyBehind({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  const length = headers['content-length'];
  return length === undefined ? 'transfer-encoding' in headers : Number(length) > drainableBytes;
}

/** Header lines one by one, so that a second one is seen where Node would keep the first. */
function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return headers;
}

/**
 * A Node request as a web-standard one. The connection stays open when its body is not read to the
 * end, so that a refusal can be sent.
 *
 * @param target path and query.
 * @param origin of the URL; what the client says about its host is in the headers.
 * @throws DoormanError `headers_too_large`
 */
export function webRequest(req: IncomingMessage, target: string, origin: string): Request {
  // Node drops pairs past its own limit without a word; what is dropped cannot be checked.
  if (req.rawHeaders.length > 2 * maxHeaderFields) throw new DoormanError('headers_too_large');
  const { method = 'GET' } = req;
  return new Request(origin + target, {
    method: unnameable.test(method) ? 'PUT' : method,
    headers: headersOf(req),
    ...(method === 'POST' && {
      body: ReadableStream.from(req.iterator({ destroyOnReturn: false })),
      duplex: 'half',
    }),
  } as RequestInit);
}

/**
 * Drops what nobody has judged of an admitted request, the body of a GET or DELETE: a handler that
 * looks into the stream must not find a message there.
 *
 * @throws DoormanError `body_too_large`, `message_invalid` for a body that breaks off
 */
export async function dropUnjudged<Entered extends object>(
  req: IncomingMessage,
  entered: Entered,
): Promise<Entered> {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = req.headers;
  const isEmpty = coding === undefined && length === '0';
  if (entered instanceof Response || isEmpty || req.readableEnded) return entered;
  let size = 0;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > drainableBytes) break;
    }
  } catch (cause) {
    throw new DoormanError('message_invalid', { cause });
  }
  if (size > drainableBytes) throw new DoormanError('body_too_large');
  return entered;
}

/** Leaves the caller and the judged message on a request, as its handler looks for them. */
export function handOver<Req extends IncomingMessage>(
  req: Req,
  { principal, authInfo: auth, admitted: { message } }: Passage,
): Req & Guarded {
  const text = message?.canonical;
  const read =
    text === undefined
      ? { body: undefined, rawBody: undefined }
      : { body: JSON.parse(text), rawBody: Buffer.from(text) };
  return Object.assign(req, { principal, auth, ...read });
}
