import type { Ports } from '../core/ports.ts';
import { within } from './deadline.ts';

/** Milliseconds that one request to an identity provider may take, body included. */
export const fetchTimeoutMs = 3_000;

const maxBytes = 256 * 1024;

/** Seconds: a provider may ask for a longer pause, but not lock us out for hours. */
const longestRetryAfter = 300;

export interface Failure {
  readonly ok: false;
  /** What came instead, in words for the operator's log. */
  readonly got: string;
  /** Milliseconds the provider asked us to stay away (`Retry-After`), at most 5 minutes; else 0. */
  readonly retryAfterMs: number;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | Failure;

/** An answer that was read whole. */
export interface Reply {
  readonly status: number;
  /** Lower case, without parameters; empty where the provider names none. */
  readonly mediaType: string;
  readonly body: Uint8Array;
}

/** A failure that says nothing about when to come back. */
export function failure(got: string, retryAfterMs = 0): Failure {
  return { ok: false, got, retryAfterMs };
}

/** RFC 9110 section 10.2.3: seconds or a date. */
function retryAfterMs(response: Response, nowMs: number): number {
  const value = response.headers.get('retry-after');
  if (value === null || (response.status !== 429 && response.status !== 503)) return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return ms > 0 ? Math.min(ms, longestRetryAfter * 1_000) : 0;
}

/** Counts decoded bytes: neither a missing nor a false `Content-Length` gets past the limit. */
async function readBytes(body: ReadableStream<Uint8Array>): Promise<Uint8Array | null> {
  const bytes = new Uint8Array(maxBytes);
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytes.subarray(0, length);
    if (length + value.length > maxBytes) {
      void reader.cancel().catch(() => undefined);
      return null;
    }
    bytes.set(value, length);
    length += value.length;
  }
}

async function send(
  url: string,
  init: RequestInit,
  statuses: readonly number[],
  ports: Ports,
): Promise<Outcome<Reply>> {
  const response = await ports.fetch(url, { ...init, redirect: 'manual' });
  const { status } = response;
  if (!statuses.includes(status)) {
    void response.body?.cancel().catch(() => undefined);
    return failure(`status ${status}`, retryAfterMs(response, ports.clock.now()));
  }
  const body = response.body === null ? new Uint8Array() : await readBytes(response.body);
  if (body === null) return failure(`more than ${maxBytes} bytes`);
  const [mediaType = ''] = (response.headers.get('content-type') ?? '').toLowerCase().split(';');
  return { ok: true, value: { status, mediaType: mediaType.trim(), body } };
}

/** `fetch` hides the reason (refused, DNS, TLS) in the cause. */
function describe(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause ? `${cause.code}` : cause.message;
}

/**
 * Sends one request to an identity provider. Redirects are not followed, and the answer has
 * 3 seconds and 256 KiB. Never rejects.
 *
 * @param statuses HTTP statuses whose body is worth reading; every other one is a failure.
 */
export async function exchange(
  url: string,
  init: RequestInit,
  statuses: readonly number[],
  ports: Ports,
): Promise<Outcome<Reply>> {
  const controller = new AbortController();
  try {
    const sent = send(url, { ...init, signal: controller.signal }, statuses, ports);
    const outcome = await within(sent, fetchTimeoutMs);
    if (outcome !== null) return outcome;
    controller.abort();
    return failure(`no answer within ${fetchTimeoutMs} ms`);
  } catch (error) {
    return failure(`no answer: ${describe(error)}`);
  }
}
