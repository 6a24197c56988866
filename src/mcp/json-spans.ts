import { closingQuote } from './json-string.ts';

/** Where a value stands in its text. */
export interface Span {
  readonly start: number;
  /** Index after its last character. */
  readonly end: number;
}

const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const openArray = 0x5b;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** Index of the next character that is no whitespace. */
export function skipSpace(text: string, start: number): number {
  let at = start;
  // Nothing else of a JSON text is below the space.
  while (text.charCodeAt(at) <= space) at++;
  return at;
}

function scalarEnd(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= space || code === comma || code === closeArray || code === closeObject) break;
  }
  return at;
}

/**
 * Index after the value that starts at `start`.
 *
 * @param text must be JSON as `JSON.parse` accepts it, here and below; nothing is checked.
 */
export function valueEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === quote) return closingQuote(text, start + 1) + 1;
  if (first !== openObject && first !== openArray) return scalarEnd(text, start);
  let depth = 1;
  let at = start + 1;
  for (; depth > 0; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = closingQuote(text, at + 1);
    else if (code === openObject || code === openArray) depth++;
    else if (code === closeObject || code === closeArray) depth--;
  }
  return at;
}

/**
 * Goes through the array that starts at `start`.
 *
 * @param item gets the start of each item, and returns its end.
 * @returns the end of the array.
 */
export function readItems(text: string, start: number, item: (at: number) => number): number {
  let at = skipSpace(text, start + 1);
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === closeArray || code === closeObject) return at + 1;
    if (code === comma) at = skipSpace(text, at + 1);
    at = skipSpace(text, item(at));
  }
}

/**
 * Goes through the object that starts at `start`, in order, and more than once through a key that it
 * has more than once.
 *
 * @param member gets each decoded key and the start of its value, and returns the value's end.
 * @returns the end of the object.
 */
export function readMembers(
  text: string,
  start: number,
  member: (key: string, at: number) => number,
): number {
  return readItems(text, start, (keyStart) => {
    const keyEnd = closingQuote(text, keyStart + 1) + 1;
    const raw = text.slice(keyStart, keyEnd);
    const key: string = raw.includes('\\') ? JSON.parse(raw) : raw.slice(1, -1);
    return member(key, skipSpace(text, skipSpace(text, keyEnd) + 1));
  });
}
