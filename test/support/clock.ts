import type { Clock } from '../../src/core/ports.ts';

export interface ManualClock extends Clock {
  /** Lets time pass: both clocks move. */
  advance(ms: number): void;
  /** Sets the wall clock forward or back without time passing, as NTP or an operator does. */
  jump(ms: number): void;
}

/** 2026-11-20T12:00:00Z. */
export const epochMs = 1_795_176_000_000;

/** A clock that stands still until told otherwise. The two hands start far apart on purpose. */
export function manualClock(startMs: number = epochMs): ManualClock {
  let now = startMs;
  let monotonic = 5_000;
  return {
    now: () => now,
    monotonic: () => monotonic,
    advance(ms) {
      now += ms;
      monotonic += ms;
    },
    jump(ms) {
      now += ms;
    },
  };
}
