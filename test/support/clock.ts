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

/** The clock of the machine, ahead by as much as it was advanced: for servers with real timers. */
export function shiftedClock(): Clock & { advance(ms: number): void } {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    monotonic: () => performance.now() + ahead,
    advance(ms) {
      ahead += ms;
    },
  };
}
