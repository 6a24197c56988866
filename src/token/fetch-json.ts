import type { Ports } from '../core/ports.ts';
import { within } from './deadline.ts';
import { decodeJsonObject, type JsonObject } from './json.ts';

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
      await reader.cancel();
      return null;
    }
    bytes.set(value, length);
    length += value.length;
  }
}

async function request(
  url: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome<JsonObject>> {
  const response = await ports.fetch(url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal,
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    return failure(`status ${response.status}`, retryAfterMs(response, ports.clock.now()));
  }
  if (response.body === null) return failure('no body');
  const bytes = await readBytes(response.body);
  if (bytes === null) return failure(`more than ${maxBytes} bytes`);
  const value = decodeJsonObject(bytes);
  return value === null ? failure('no JSON object') : { ok: true, value };
}

/**
 * GETs one JSON object from an identity provider. Only status 200 counts, redirects are not
 * followed, and the answer has 3 seconds and 256 KiB. The media type is not checked: what is not
 * one JSON object fails anyway. Never rejects.
 */
export async function fetchJson(url: string, ports: Ports): Promise<Outcome<JsonObject>> {
  const controller = new AbortController();
  try {
    const outcome = await within(request(url, ports, controller.signal), fetchTimeoutMs);
    if (outcome !== null) return outcome;
    controller.abort();
    return failure(`no answer within ${fetchTimeoutMs} ms`);
  } catch (error) {
    return failure(`no answer: ${describe(error)}`);
  }
}

/** `fetch` hides the reason (refused, DNS, TLS) in the cause. */
function describe(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause ? `${cause.code}` : cause.message;
}
