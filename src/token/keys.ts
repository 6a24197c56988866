import { DoormanError } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import type { SignatureAlgorithm } from '../core/provider.ts';
import { within } from './deadline.ts';
import { fetchTimeoutMs, type Outcome } from './exchange.ts';
import type { VerificationKey } from './jwk.ts';
import { fetchKeySet, type KeySet } from './key-set.ts';

const freshMs = 10 * 60 * 1_000;
/** Without an attempt for so long, a set is looked at anew before it is used. */
const unattendedMs = 2 * freshMs;
const usableMs = 24 * 60 * 60 * 1_000;
/** Counted from the end of the last attempt, good or bad. */
const refetchIntervalMs = 30_000;
/** While no key was ever loaded: doubling up to the interval. */
const firstBackoffMs = 1_000;

/** The current keys of one issuer. */
export interface Keys {
  /**
   * Keys that may verify a token; several where the token names no `kid`.
   *
   * @throws DoormanError `key_unknown`, or `issuer_unavailable` where that cannot be told.
   */
  find(kid: string | null, algorithm: SignatureAlgorithm): Promise<readonly VerificationKey[]>;
  /** Fetches anew, as often as an unknown `kid` may; whether there is a new set to try. */
  renew(): Promise<boolean>;
  /** Whether a key is still published; also keeps the set fresh where only cached tokens come. */
  isCurrent(id: string): boolean;
  /** Whether keys are loaded; tries to load them where they are not. */
  ready(): Promise<boolean>;
}

export interface KeysOptions {
  readonly issuer: string;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Where the key set is published; asked before each fetch. Never rejects. */
  readonly locate: () => Promise<Outcome<string>>;
  readonly ports: Ports;
}

interface LoadedKeys {
  readonly keys: readonly VerificationKey[];
  readonly ids: ReadonlySet<string>;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/**
 * Caches the keys of one issuer: fresh for 10 minutes, then refreshed in the background while the
 * old set serves, which it does for 24 hours while the issuer fails. An unknown `kid` fetches at
 * once and then at most once per 30 seconds; the first load does not count, so that a rotation
 * right after start is seen. Where no request came for 20 minutes, and so nothing was refreshed, the
 * first one waits for it: a key that was taken away over night must not open anything. One fetch is in flight, and nobody waits for it longer than 3 seconds.
 */
export function createKeys({ issuer, algorithms, locate, ports }: KeysOptions): Keys {
  const { clock, log } = ports;
  let loaded: LoadedKeys | null = null;
  let failing = false;
  let backoffMs = firstBackoffMs;
  let nextAttemptAt = Number.NEGATIVE_INFINITY;
  let inFlight: Promise<Outcome<KeySet>> | null = null;
  let warned: ReadonlySet<string> = new Set();

  function current(): LoadedKeys | null {
    return loaded !== null && clock.monotonic() - loaded.at < usableMs ? loaded : null;
  }

  function unavailable(): DoormanError {
    const pauseMs = nextAttemptAt - clock.monotonic();
    const retryAfterSeconds = Math.max(1, Math.ceil(pauseMs / 1_000));
    return new DoormanError('issuer_unavailable', { detail: { issuer }, retryAfterSeconds });
  }

  /** A key that stays unusable is worth one line, not one at every refresh. */
  function warnOfUnusable({ unusable }: KeySet): void {
    const seen = new Set<string>();
    for (const { kid, reason } of unusable) {
      const line = JSON.stringify([kid, reason]);
      if (!warned.has(line) && !seen.has(line))
        log.warn('jwk_skipped', { issuer, kid: kid?.slice(0, 64) ?? null, reason });
      seen.add(line);
    }
    warned = seen;
  }

  async function fetchKeys(): Promise<Outcome<KeySet>> {
    const location = await locate();
    if (!location.ok) return location;
    const url = location.value;
    const outcome = await fetchKeySet(url, algorithms, ports);
    if (!outcome.ok) log.error('jwks_failed', { issuer, url, got: outcome.got });
    return outcome;
  }

  async function load(): Promise<Outcome<KeySet>> {
    const outcome = await fetchKeys();
    const first = current() === null;
    const now = clock.monotonic();
    if (outcome.ok) {
      warnOfUnusable(outcome.value);
      log[failing ? 'info' : 'debug']('jwks_loaded', { issuer, keys: outcome.value.keys.length });
      const { keys } = outcome.value;
      loaded = { keys, ids: new Set(keys.map(({ id }) => id)), at: now };
      nextAttemptAt = first ? now : now + refetchIntervalMs;
      backoffMs = firstBackoffMs;
    } else {
      nextAttemptAt = now + Math.max(first ? backoffMs : refetchIntervalMs, outcome.retryAfterMs);
      if (first) backoffMs = Math.min(backoffMs * 2, refetchIntervalMs);
    }
    failing = !outcome.ok;
    return outcome;
  }

  /** Joins the fetch in flight, or starts one where the time for it has come. */
  function attempt(): typeof inFlight {
    if (inFlight === null && clock.monotonic() >= nextAttemptAt)
      inFlight = load().finally(() => {
        inFlight = null;
      });
    return inFlight;
  }

  /** Whether the attempt, if there was one to wait for, ended in time. */
  async function waitForAttempt(): Promise<boolean> {
    const running = attempt();
    return running === null || (await within(running, fetchTimeoutMs)) !== null;
  }

  function match(kid: string | null, algorithm: SignatureAlgorithm): readonly VerificationKey[] {
    const keys = current()?.keys ?? [];
    return keys.filter((key) => (kid === null || key.kid === kid) && key.imported.has(algorithm));
  }

  function refreshWhenStale(set: LoadedKeys): void {
    if (clock.monotonic() - set.at >= freshMs) void attempt();
  }

  return {
    async find(kid, algorithm) {
      const set = current();
      if (set !== null) {
        refreshWhenStale(set);
        if (clock.monotonic() - nextAttemptAt >= unattendedMs) await waitForAttempt();
        const found = match(kid, algorithm);
        if (found.length > 0) return found;
      }
      const inTime = await waitForAttempt();
      const found = match(kid, algorithm);
      if (found.length > 0) return found;
      if (!inTime || failing || current() === null) throw unavailable();
      throw new DoormanError('key_unknown', { detail: { issuer, kid: kid?.slice(0, 64) ?? null } });
    },

    async renew() {
      const before = loaded;
      await waitForAttempt();
      return loaded !== before;
    },

    isCurrent(id) {
      const set = current();
      if (set === null) return false;
      refreshWhenStale(set);
      return set.ids.has(id);
    },

    async ready() {
      if (current() === null) await waitForAttempt();
      return current() !== null;
    },
  };
}
