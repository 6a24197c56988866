import { notJson } from './invalid-message.ts';
import { type Cursor, replace } from './json-cursor.ts';

const quote = 0x22;
const backslash = 0x5c;
const firstPrintable = 0x20;

/** Beyond this many characters the engine's own search is faster than reading one by one. */
const shortString = 32;

/** May also match after an escaped backslash; then nothing but time is lost. */
const longEscape = /\\[u/]/;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Index of the quote that closes the string, searched from `from`.
 *
 * @throws DoormanError `message_invalid` (-32700) where none does
 */
export function closingQuote(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end !== -1) {
    let before = end;
    while (text.charCodeAt(before - 1) === backslash) before--;
    if ((end - before) % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  throw notJson('a string is not closed');
}

function decode(raw: string): string {
  try {
    return JSON.parse(raw);
  } catch {
    throw notJson('a string has a bad escape or a control character');
  }
}

/** Checks, and respells where needed, a string that is long or has escapes. */
function readSlowly(cursor: Cursor): string {
  const { text, at: start } = cursor;
  cursor.at = closingQuote(text, start + 1) + 1;
  const raw = text.slice(start, cursor.at);
  const value = decode(raw);
  // Every other escape has one spelling only, and it is the shortest.
  if (!raw.includes('\\') || !longEscape.test(raw)) return value;
  // Readers disagree on half a pair: some replace it, some drop it, some keep it.
  if (loneSurrogate.test(value)) throw notJson('a string has a lone surrogate');
  const minimal = JSON.stringify(value);
  if (minimal !== raw) replace(cursor, start, cursor.at, minimal);
  return value;
}

/** Index of the closing quote of a short string without escapes, else -1. */
function plainEnd({ text, at: start }: Cursor): number {
  for (let at = start + 1; at <= start + shortString; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    // The end of the text is NaN, for which no comparison holds.
    if (code === backslash || !(code >= firstPrintable)) return -1;
  }
  return -1;
}

/**
 * Passes over the string that starts at the cursor and keeps its shortest spelling (that of
 * `JSON.stringify`) for the canonical text.
 *
 * @throws DoormanError `message_invalid` (-32700) for anything that RFC 8259 section 7 does not
 *   allow, and for an escape that stands for half a surrogate pair.
 */
export function skipString(cursor: Cursor): void {
  const end = plainEnd(cursor);
  if (end === -1) readSlowly(cursor);
  else cursor.at = end + 1;
}

/**
 * Reads the string that starts at the cursor, decoded; otherwise as {@link skipString}.
 *
 * @throws DoormanError `message_invalid` (-32700), as {@link skipString}.
 */
export function readString(cursor: Cursor): string {
  const end = plainEnd(cursor);
  if (end === -1) return readSlowly(cursor);
  const value = cursor.text.slice(cursor.at + 1, end);
  cursor.at = end + 1;
  return value;
}
