import type { Clock, Log } from '../core/ports.ts';

/** What a child says that is no message, on its way to the operator's log and nowhere else. */
export interface ChildLog {
  /** A line of its standard error. */
  stderr(line: string): void;
  /** A line of its standard output that is no JSON-RPC message, and therefore dropped. */
  dropped(line: string): void;
}

const longestText = 1_000;
const windowMs = 10_000;
const linesPerWindow = 50;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const controls = /[\u0000-\u001f\u007f-\u009f]+/g;

/**
 * Writes what a child says to the log: at most 50 lines in ten seconds of each kind, 1,000
 * characters a line, without control characters. What was left out is counted in the next line.
 */
export function createChildLog(log: Log, clock: Clock, pid: number): ChildLog {
  function writer(event: string, level: 'info' | 'warn'): (line: string) => void {
    let windowEnd = Number.NEGATIVE_INFINITY;
    let written = 0;
    let omitted = 0;
    return (line) => {
      const now = clock.monotonic();
      if (now >= windowEnd) {
        windowEnd = now + windowMs;
        written = 0;
      }
      if (written === linesPerWindow) {
        omitted += 1;
        return;
      }
      written += 1;
      const text = line.slice(0, longestText).replace(controls, ' ').trim();
      log[level](event, { pid, text, ...(omitted > 0 && { omitted }) });
      omitted = 0;
    };
  }
  return {
    stderr: writer('upstream_stderr', 'info'),
    dropped: writer('upstream_output_dropped', 'warn'),
  };
}
