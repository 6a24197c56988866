import { randomBytes } from 'node:crypto';

/** Whether there may be such a number at all: sixteen digits in a row, or a large exponent. */
const suspicious = /\d[\d.]{15}|[eE][+-]?\d{3}/;
const numbers = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Every double can tell this many digits apart. */
const certainDigits = 15;
/** Random, so that no text of a peer can pass for a hidden number. */
const mark = `number-${randomBytes(16).toString('hex')}:`;
const hidden = new RegExp(`"${mark}([^"]+)"`, 'g');

function isExact(number: string): boolean {
  const value = Number(number);
  if (/^-?\d+$/.test(number)) return Number.isSafeInteger(value);
  if (!Number.isFinite(value)) return false;
  const digits = number.replace(/[eE].*|\D/g, '').length;
  return digits <= certainDigits || String(value) === number;
}

const hideOne = (number: string): string => (isExact(number) ? number : `"${mark}${number}"`);

/** Index after the string that begins at `start`; the text is known to be JSON. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let slash = end - 1;
    while (json[slash] === '\\') slash -= 1;
    if ((end - slash) % 2 === 1) return end + 1;
  }
}

/**
 * JSON text for code that reads it and writes it again: numbers that JavaScript would round, such as
 * long account numbers, become strings, which {@link restoreNumbers} finds again.
 *
 * @throws SyntaxError for what is no JSON text
 */
export function hideNumbers(json: string): string {
  if (!suspicious.test(json)) return json;
  JSON.parse(json);
  let text = '';
  let start = 0;
  for (let quote = json.indexOf('"'); quote !== -1; quote = json.indexOf('"', start)) {
    text += json.slice(start, quote).replace(numbers, hideOne);
    start = endOfString(json, quote);
    text += json.slice(quote, start);
  }
  return text + json.slice(start).replace(numbers, hideOne);
}

/** The text with every hidden number in its place, as its sender wrote it. */
export function restoreNumbers(json: string): string {
  return json.includes(mark) ? json.replace(hidden, '$1') : json;
}
