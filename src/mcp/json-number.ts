import { notJson } from './invalid-message.ts';
import type { Cursor } from './json-cursor.ts';

const plus = 0x2b;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const letterE = 0x65;

/** Whether a value that starts with this code unit can only be a number. */
export function isNumberStart(code: number): boolean {
  return code === minus || (code >= zero && code <= nine);
}

/** Index after the digits at `start`, of which there must be one at least. */
function digitsEnd(text: string, start: number): number {
  let at = start;
  let code = text.charCodeAt(at);
  while (code >= zero && code <= nine) code = text.charCodeAt(++at);
  if (at === start) throw notJson('a number is malformed');
  return at;
}

/**
 * Passes over the number that starts at the cursor. Its text is kept as it is: no two parsers agree
 * on numbers beyond a double's range or precision.
 *
 * @throws DoormanError `message_invalid` (-32700) for anything that RFC 8259 section 6 does not allow.
 */
export function skipNumber(cursor: Cursor): void {
  const { text } = cursor;
  let at = cursor.at;
  if (text.charCodeAt(at) === minus) at++;
  at = text.charCodeAt(at) === zero ? at + 1 : digitsEnd(text, at);
  if (text.charCodeAt(at) === point) at = digitsEnd(text, at + 1);
  if ((text.charCodeAt(at) | 0x20) === letterE) {
    const sign = text.charCodeAt(at + 1);
    at = digitsEnd(text, sign === plus || sign === minus ? at + 2 : at + 1);
  }
  cursor.at = at;
}
