import type { BodyFilter } from '../core/body-filter.ts';

/** Knows whether what has gone out of an event stream ends with a whole event. */
export interface EventBoundary {
  /** Reads along: what a filter lets through, or everything without one. */
  follow(filter: BodyFilter | null): BodyFilter;
  /** Whether an event of our own may be written here. */
  reached(): boolean;
}

/** A blank line: two line ends of any kind, where CR LF is one. */
const blankLine = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)$/;
const longestBlankLine = 4;

const asTheyAre: BodyFilter = {
  holdsBack: false,
  write: (chunk) => chunk,
  end: () => new Uint8Array(),
};

/** Half an event must never be completed by us: readers would take it for the server's own. */
export function createEventBoundary(): EventBoundary {
  let tail = '';

  function note(bytes: Uint8Array): Uint8Array {
    const last = String.fromCharCode(...bytes.subarray(-longestBlankLine));
    tail = (tail + last).slice(-longestBlankLine);
    return bytes;
  }

  return {
    follow(filter) {
      const { holdsBack, write, end } = filter ?? asTheyAre;
      return { holdsBack, write: (chunk) => note(write(chunk)), end: () => note(end()) };
    },
    reached: () => tail === '' || blankLine.test(tail),
  };
}
