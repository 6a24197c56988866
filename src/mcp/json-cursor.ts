/** Where a scan stands in its text, and the canonical text that it has made so far. */
export interface Cursor {
  readonly text: string;
  /** Index of the next character to read. */
  at: number;
  /** Pieces of the canonical text before `copied`; what follows is not copied yet. */
  readonly canonical: string[];
  copied: number;
}

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;

/** A cursor at the start of a text. */
export function cursorOf(text: string): Cursor {
  return { text, at: 0, canonical: [], copied: 0 };
}

/** Puts `replacement` where the text has the characters from `start` to `end`. */
export function replace(cursor: Cursor, start: number, end: number, replacement: string): void {
  // Whole runs are copied, so a text that is canonical already is never copied at all.
  if (start > cursor.copied) cursor.canonical.push(cursor.text.slice(cursor.copied, start));
  if (replacement !== '') cursor.canonical.push(replacement);
  cursor.copied = end;
}

/** The canonical form of the text, once the scan has reached its end. */
export function canonicalText(cursor: Cursor): string {
  if (cursor.copied === 0) return cursor.text;
  return cursor.canonical.join('') + cursor.text.slice(cursor.copied);
}

/**
 * Leaves out the whitespace of RFC 8259 section 2 (four characters, no other).
 *
 * @returns the code unit of the character that follows, `NaN` at the end of the text.
 */
export function skipSpace(cursor: Cursor): number {
  const { text, at: start } = cursor;
  let code = text.charCodeAt(start);
  if (code > space) return code;
  let at = start;
  while (code === space || code === lineFeed || code === carriageReturn || code === tab)
    code = text.charCodeAt(++at);
  if (at !== start) {
    replace(cursor, start, at, '');
    cursor.at = at;
  }
  return code;
}
