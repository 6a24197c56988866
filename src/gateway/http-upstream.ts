import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, errors, Pool } from 'undici';
import { DoormanError } from '../core/errors.ts';
import type { Answer } from './answer.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';

export interface HttpUpstreamOptions {
  /** The one URL every request goes to; its query, if any, is kept, the client's is not added. */
  readonly url: URL;
  /** Longest wait for the upstream's response headers. A body may stay idle for ever. */
  readonly headersTimeoutMs: number;
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
export function createHttpUpstream({ url, headersTimeoutMs }: HttpUpstreamOptions): Upstream {
  const pool = new Pool(url.origin, { headersTimeout: headersTimeoutMs, bodyTimeout: 0 });
  const path = url.pathname + url.search;

  function forward({ method, headers, body }: UpstreamRequest, answer: Answer): Promise<void> {
    return new Promise((resolve, reject) => {
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
    });
  }

  return { forward, close: () => pool.destroy() };
}
