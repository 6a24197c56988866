/** The only ways to touch the world. Tests hand in their own; production uses {@link systemPorts}. */
export interface Ports {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly digest: Digest;
}

/** As much of the global `fetch` as is used. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** The two clocks of a machine. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for `exp`, `nbf`, `iat`. */
  now(): number;
  /** Milliseconds that never jump: for the age of anything cached. */
  monotonic(): number;
}

/** Structured values for the operator. Never a token, a secret or a whole claim set. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where refusals and findings are written to, by level. Whatever it throws is not caught. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/**
 * Short-lived facts that replicas share, such as which proofs have been used. Every method rejects
 * while the store cannot be reached; a caller then refuses with `issuer_unavailable`.
 */
export interface Store {
  /** `null` for what was never set, has been deleted or is over. */
  get(key: string): Promise<string | null>;
  /** @param ttlSeconds life from now on, above 0; replaces value and life. */
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /**
   * Adds 1 in one indivisible step; what is not there counts as 0.
   *
   * @param ttlSeconds life from the first increment on, above 0; later ones do not prolong it.
   * @returns the new count.
   */
  increment(key: string, ttlSeconds: number): Promise<number>;
  /** Ends connections and forgets what is held in memory; the store is not used afterwards. */
  close(): Promise<void>;
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
