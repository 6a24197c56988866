import type { Clock, Log } from '../core/ports.ts';
import { type Failure, failure, type Outcome } from './exchange.ts';

/** Failures in a row after which it is found out whether the issuer is to be left alone. */
const tolerated = 5;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Runs calls to an issuer while there is hope that they succeed. */
export type Circuit = <T>(call: () => Promise<Outcome<T>>) => Promise<Outcome<T>>;

export interface CircuitOptions {
  readonly issuer: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A call that nobody outside can make fail. Never rejects. */
  readonly probe: () => Promise<Outcome<unknown>>;
}

/**
 * Circuit breaker: after 5 failures in a row a call of our own tries whether it is the issuer that
 * fails. Anybody can send tokens that an issuer, or a filter in front of it, chokes on, and must not
 * cut it off from everybody else that way. If it does fail, or asks us to stay away (`Retry-After`),
 * calls fail at once for a pause that doubles from 1 to 30 seconds; then our own call tries again.
 */
export function createCircuit({ issuer, clock, log, probe }: CircuitOptions): Circuit {
  let failures = 0;
  let pauseMs = firstPauseMs;
  /** Monotonic milliseconds; `null` while calls pass. */
  let suspendedUntil: number | null = null;
  let probing = false;

  function suspend({ got, retryAfterMs }: Failure): void {
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

  function isPaused(): boolean {
    return suspendedUntil !== null && clock.monotonic() < suspendedUntil;
  }

  async function tryIssuer(): Promise<void> {
    if (probing) return;
    probing = true;
    const outcome = await probe();
    probing = false;
    if (outcome.ok) resume();
    else if (!isPaused()) suspend(outcome);
  }

  function refusal(): Failure | null {
    if (suspendedUntil === null) return null;
    return failure('introspection is suspended', suspendedUntil - clock.monotonic());
  }

  function fail(failed: Failure): void {
    failures += 1;
    if (suspendedUntil !== null) return;
    if (failed.retryAfterMs > 0) suspend(failed);
    // Whoever failed has an answer and need not wait for this one.
    else if (failures >= tolerated) void tryIssuer();
  }

  return async (call) => {
    if (suspendedUntil !== null && !isPaused()) await tryIssuer();
    const refused = refusal();
    if (refused !== null) return refused;
    const outcome = await call();
    if (outcome.ok) resume();
    else fail(outcome);
    return outcome;
  };
}
