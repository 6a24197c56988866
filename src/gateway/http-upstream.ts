import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { type Dispatcher, errors, Pool } from 'undici';
import { DoormanError } from '../core/errors.ts';
import { clientResponseHeaders, isEventStream } from './forward-headers.ts';

export interface HttpUpstreamOptions {
  /** The one URL every request goes to; its query, if any, is kept, the client's is not added. */
  readonly url: URL;
  /** Longest wait for the upstream's response headers. A body may stay idle for ever. */
  readonly headersTimeoutMs: number;
  /** How long an answer runs on that nobody listens to any more. */
  readonly detachedTimeoutMs: number;
}

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  /** Canonical message; `null` for GET and DELETE. */
  readonly body: string | null;
  /**
   * What a client that goes away means: cancellation (MCP 2026-07-28, and any GET), or nothing, so
   * that the upstream's work runs on (earlier revisions).
   */
  readonly cancelOnDisconnect: boolean;
  /** Ends an answer that has begun; what has not begun is refused with the signal's reason. */
  readonly stop: AbortSignal | null;
}

export interface HttpUpstream {
  /**
   * Sends a request and streams the answer to the client, chunk by chunk.
   *
   * @param extra headers of our own for the answer; they win over the upstream's.
   * @throws DoormanError `upstream_*`, only while nothing has been written to `response`.
   */
  forward(
    request: UpstreamRequest,
    response: ServerResponse,
    extra: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Cuts what is still running and closes all connections. */
  close(): Promise<void>;
}

function refusedStatus(status: number): boolean {
  return status === 401 || status === 403 || status === 407 || (status >= 300 && status < 400);
}

function judgeAnswer(status: number, headers: IncomingHttpHeaders): DoormanError | null {
  if (refusedStatus(status)) return new DoormanError('upstream_refused', { detail: { status } });
  const encoding = headers['content-encoding'] ?? 'identity';
  if (`${encoding}`.toLowerCase() === 'identity') return null;
  // We asked for no coding; what cannot be read here is not passed on.
  return new DoormanError('upstream_unavailable', { detail: { encoding } });
}

function failure(cause: Error): DoormanError {
  if (cause instanceof DoormanError) return cause;
  if (cause instanceof errors.ClientDestroyedError) return new DoormanError('shutting_down');
  const timeout =
    cause instanceof errors.HeadersTimeoutError || cause instanceof errors.ConnectTimeoutError;
  return new DoormanError(timeout ? 'upstream_timeout' : 'upstream_unavailable', { cause });
}

/**
 * The hop to an MCP server that speaks Streamable HTTP. Redirects are not followed, requests are
 * never retried, nothing is buffered: a slow client slows the upstream down instead.
 */
export function createHttpUpstream(options: HttpUpstreamOptions): HttpUpstream {
  const { url, headersTimeoutMs, detachedTimeoutMs } = options;
  const pool = new Pool(url.origin, { headersTimeout: headersTimeoutMs, bodyTimeout: 0 });
  const path = url.pathname + url.search;

  function forward(
    { method, headers, body, cancelOnDisconnect, stop }: UpstreamRequest,
    response: ServerResponse,
    extra: Readonly<Record<string, string>>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let controller: Dispatcher.DispatchController | null = null;
      let eventStream = false;
      let gone = response.destroyed;
      let detached: NodeJS.Timeout | undefined;

      const disconnected = new Error('client disconnected');
      const abandon = (): void => controller?.abort(disconnected);
      const end = (): void => {
        if (response.headersSent) response.end();
        else controller?.abort(stop?.reason);
      };

      response.once('close', () => {
        gone = true;
        stop?.removeEventListener('abort', end);
        if (controller === null) return;
        if (cancelOnDisconnect) return abandon();
        controller.resume();
        detached = setTimeout(abandon, detachedTimeoutMs).unref();
      });
      response.on('drain', () => controller?.resume());
      stop?.addEventListener('abort', end);

      const handler: Dispatcher.DispatchHandler = {
        onRequestStart(started) {
          controller = started;
          if (gone && cancelOnDisconnect) abandon();
        },
        onResponseStart(current, status, upstreamHeaders) {
          if (status < 200 || gone) return;
          const refused = judgeAnswer(status, upstreamHeaders);
          if (refused) return current.abort(refused);
          eventStream = isEventStream(upstreamHeaders);
          const { 'content-length': length, ...rest } = clientResponseHeaders(upstreamHeaders);
          const sized = length === undefined || status === 204 ? {} : { 'content-length': length };
          response.writeHead(status, { ...rest, ...sized, ...extra });
          response.flushHeaders();
        },
        onResponseData(current, chunk) {
          if (!gone && !response.write(chunk)) current.pause();
        },
        onResponseEnd() {
          controller = null;
          clearTimeout(detached);
          if (!gone) response.end();
          resolve();
        },
        onResponseError(_current, cause) {
          controller = null;
          clearTimeout(detached);
          if (gone) return resolve();
          if (!response.headersSent) return reject(failure(cause));
          // A half event is dropped by every SSE reader; half a JSON body must be seen as broken.
          if (eventStream) response.end();
          else response.destroy();
          resolve();
        },
      };
      pool.dispatch({ path, method, headers, body }, handler);
    });
  }

  return { forward, close: () => pool.destroy() };
}
