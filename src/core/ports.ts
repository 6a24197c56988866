/** The only ways to touch the world. Tests hand in their own; production uses {@link systemPorts}. */
export interface Ports {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly digest: Digest;
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export interface Clock {
  /** Wall clock, milliseconds since the epoch: for `exp`, `nbf`, `iat`. */
  now(): number;
  /** Milliseconds that never jump: for the age of anything cached. */
  monotonic(): number;
}

/** Structured values for the operator. Never a token, a secret or a whole claim set. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** SHA-256 of a text as a string usable for look-ups; the encoding is the implementation's. */
export type Digest = (text: string) => string | Promise<string>;

const encoder = new TextEncoder();

async function sha256(text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
  return String.fromCharCode(...hash);
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Ports on web standards alone. `fetch` is looked up at each call, so that a replaced global is
 * honoured; the log is silent until a caller brings one.
 */
export const systemPorts: Ports = {
  fetch: (url, init) => globalThis.fetch(url, init),
  clock: { now: () => Date.now(), monotonic: () => performance.now() },
  log: silent,
  digest: sha256,
};
