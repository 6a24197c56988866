import type { Clock, Log } from '../core/ports.ts';
import { type Failure, failure, type Outcome } from './exchange.ts';

/** Failures in a row after which the issuer is left alone for a while. */
const tolerated = 5;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Runs calls to an issuer while there is hope that they succeed. */
export type Circuit = <T>(call: () => Promise<Outcome<T>>) => Promise<Outcome<T>>;

export interface CircuitOptions {
  readonly issuer: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Circuit breaker: after 5 failures in a row, or one that asks us to stay away (`Retry-After`), calls
 * fail at once for a pause that doubles from 1 to 30 seconds; then a single call tries whether the
 * issuer is back.
 */
export function createCircuit({ issuer, clock, log }: CircuitOptions): Circuit {
  let failures = 0;
  let pauseMs = firstPauseMs;
  /** Monotonic milliseconds; `null` while calls pass. */
  let suspendedUntil: number | null = null;
  let probing = false;

  function fail({ got, retryAfterMs }: Failure, isProbe: boolean): void {
    failures += 1;
    const enough = failures >= tolerated || retryAfterMs > 0;
    if (!isProbe && (suspendedUntil !== null || !enough)) return;
    const ms = Math.max(pauseMs, retryAfterMs);
    suspendedUntil = clock.monotonic() + ms;
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    log.error('introspection_suspended', { issuer, got, seconds: ms / 1_000 });
  }

  function resume(): void {
    if (suspendedUntil !== null) log.info('introspection_resumed', { issuer });
    failures = 0;
    pauseMs = firstPauseMs;
    suspendedUntil = null;
  }

  return async (call) => {
    const isProbe = suspendedUntil !== null;
    if (suspendedUntil !== null) {
      const leftMs = suspendedUntil - clock.monotonic();
      if (leftMs > 0 || probing) return failure('introspection is suspended', leftMs);
      probing = true;
    }
    try {
      const outcome = await call();
      if (outcome.ok) resume();
      else fail(outcome, isProbe);
      return outcome;
    } finally {
      if (isProbe) probing = false;
    }
  };
}
