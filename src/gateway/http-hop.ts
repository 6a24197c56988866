import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, errors, Pool } from 'undici';
import { DoormanError } from '../core/errors.ts';
import type { Answer } from './answer.ts';
import type { UpstreamRequest } from './upstream.ts';

export interface HttpHopOptions {
  /** Scheme, host and port of every request. */
  readonly origin: string;
  /** Longest wait for response headers. A body may stay idle for ever. */
  readonly headersTimeoutMs: number;
}

/** Requests to one origin, and their answers. */
export interface HttpHop {
  /**
   * @param path with its query, as it goes into the request line.
   * @throws DoormanError `upstream_*`, only while the answer has not begun
   */
  exchange(
    path: string,
    request: Pick<UpstreamRequest, 'method' | 'headers' | 'body'>,
    answer: Answer,
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
 * Requests over HTTP/1.1 to one origin. Redirects are not followed, requests are never retried,
 * nothing is buffered: a slow client slows the upstream down instead.
 */
export function createHttpHop({ origin, headersTimeoutMs }: HttpHopOptions): HttpHop {
  const pool = new Pool(origin, { headersTimeout: headersTimeoutMs, bodyTimeout: 0 });

  return {
    exchange: (path, { method, headers, body }, answer) =>
      new Promise((resolve, reject) => {
        function breakOff(cause: Error): void {
          try {
            answer.fail(failure(cause));
            resolve();
          } catch (error) {
            reject(error);
          }
        }

        const handler: Dispatcher.DispatchHandler = {
          onRequestStart(controller) {
            answer.onDrain(() => controller.resume());
            answer.onCancel((reason) => controller.abort(reason));
          },
          onResponseStart(controller, status, upstreamHeaders) {
            if (status < 200) return;
            const refused = judgeAnswer(status, upstreamHeaders);
            if (refused) return controller.abort(refused);
            const begun = answer.begin(status, upstreamHeaders);
            if (begun === null) return;
            controller.pause();
            begun.then(
              () => controller.resume(),
              (error: Error) => controller.abort(error),
            );
          },
          onResponseData(controller, chunk) {
            if (!answer.write(chunk)) controller.pause();
          },
          onResponseEnd() {
            try {
              answer.end();
              resolve();
            } catch (error) {
              reject(error);
            }
          },
          onResponseError: (_controller, cause) => breakOff(cause),
        };
        pool.dispatch({ path, method, headers, body }, handler);
      }),

    close: () => pool.destroy(),
  };
}
