import { failure, type Outcome } from './exchange.ts';

/** Milliseconds after which somebody who found no place may come back. */
const fullPauseMs = 1_000;

/** Runs calls, but only so many at the same time. */
export type Limiter = <T>(call: () => Promise<Outcome<T>>) => Promise<Outcome<T>>;

/**
 * Bounds how many calls are under way at once. The rest fails at once and is not queued: a queue
 * before a slow issuer would only make everybody late.
 */
export function createLimiter(maxConcurrent: number): Limiter {
  let running = 0;
  return async (call) => {
    if (running >= maxConcurrent)
      return failure(`${maxConcurrent} calls are under way`, fullPauseMs);
    running += 1;
    try {
      return await call();
    } finally {
      running -= 1;
    }
  };
}
