const newline = 0x0a;

export interface LineHandlers {
  /** A whole line, without its end. */
  line(bytes: Buffer): void;
  /** The beginning of a line that is longer than permitted, once; its rest is skipped. */
  tooLong(beginning: Buffer): void;
}

/**
 * Cuts a stream of bytes into lines, holding no more than one line of the longest permitted length.
 *
 * @param maxBytes longest line.
 * @returns takes the chunks in order.
 */
export function lineReader(maxBytes: number, handlers: LineHandlers): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  let skipping = false;

  function take(piece: Buffer): void {
    if (skipping) return;
    parts.push(piece);
    length += piece.length;
    if (length <= maxBytes) return;
    skipping = true;
    const beginning = Buffer.concat(parts).subarray(0, maxBytes);
    parts = [];
    handlers.tooLong(beginning);
  }

  function finish(): void {
    const whole = skipping ? null : Buffer.concat(parts);
    parts = [];
    length = 0;
    skipping = false;
    if (whole !== null) handlers.line(whole);
  }

  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      take(chunk.subarray(start, end));
      finish();
      start = end + 1;
    }
    if (start < chunk.length) take(chunk.subarray(start));
  };
}
