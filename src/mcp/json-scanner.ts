import { notJson, notMessage } from './invalid-message.ts';
import { type Cursor, canonicalText, cursorOf, skipSpace } from './json-cursor.ts';
import { isNumberStart, skipNumber } from './json-number.ts';
import { readString, skipString } from './json-string.ts';
import { addKey, keyRing } from './key-ring.ts';
import { isVariantKey, type Level, type Watch } from './protocol-keys.ts';

/**
 * A watched value. What nobody watches is checked and copied but never built, so the members of an
 * object and the items of an array are only those that a level asks for.
 */
export type Json =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'object'; readonly members: ReadonlyMap<string, Json> }
  | { readonly type: 'array'; readonly items: readonly Json[] }
  | { readonly type: 'literal'; readonly text: string };

/** Levels of arrays and objects, the outermost included. RFC 8259 section 9 lets a reader choose. */
const deepest = 100;

/** Members of a record that are kept; one more shows that there are more. */
export const mostOfRecord = 100;

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openArray = 0x5b;
const closeArray = 0x5d;
const letterF = 0x66;
const letterT = 0x74;
const openObject = 0x7b;
const closeObject = 0x7d;

const opaqueArray: Json = { type: 'array', items: [] };
const opaqueObject: Json = { type: 'object', members: new Map() };

function opensEmpty(cursor: Cursor, close: number): boolean {
  cursor.at++;
  if (skipSpace(cursor) !== close) return false;
  cursor.at++;
  return true;
}

function hasMore(cursor: Cursor, close: number): boolean {
  const code = skipSpace(cursor);
  if (code !== comma && code !== close) throw notJson('an array or object is malformed');
  cursor.at++;
  return code === comma;
}

function scanKey(cursor: Cursor): string {
  if (skipSpace(cursor) !== quote) throw notJson('an object key is missing');
  const key = readString(cursor);
  if (skipSpace(cursor) !== colon) throw notJson('an object value is missing');
  cursor.at++;
  return key;
}

function watchOf(level: Level, key: string): Watch | null {
  const watch = level.keys.get(key);
  if (watch !== undefined) return watch;
  if (isVariantKey(level, key)) throw notMessage('a key is a variant of a protocol key', null);
  return null;
}

function watchOfRecord(kept: number): Watch | null {
  return kept > mostOfRecord ? null : 'value';
}

function scanMembers(cursor: Cursor, level: Level | 'record', depth: number): Json {
  const members = new Map<string, Json>();
  if (opensEmpty(cursor, closeObject)) return { type: 'object', members };
  const keys = keyRing();
  do {
    const key = scanKey(cursor);
    if (!addKey(keys, key)) throw notMessage('an object has a key twice', null);
    const watch = level === 'record' ? watchOfRecord(members.size) : watchOf(level, key);
    if (watch === null) skipValue(cursor, depth);
    else members.set(key, scanValue(cursor, watch, depth));
  } while (hasMore(cursor, closeObject));
  return { type: 'object', members };
}

function scanList(cursor: Cursor, depth: number): Json {
  const items: Json[] = [];
  if (opensEmpty(cursor, closeArray)) return { type: 'array', items };
  do items.push(scanValue(cursor, 'value', depth));
  while (hasMore(cursor, closeArray));
  return { type: 'array', items };
}

function scanValue(cursor: Cursor, watch: Watch, depth: number): Json {
  const code = skipSpace(cursor);
  if (code === quote) return { type: 'string', value: readString(cursor) };
  if (code === openObject && (watch === 'record' || typeof watch === 'object'))
    return scanMembers(cursor, watch, depth + 1);
  if (code === openArray && watch === 'list') return scanList(cursor, depth + 1);
  const start = cursor.at;
  skipValue(cursor, depth);
  if (code === openObject) return opaqueObject;
  if (code === openArray) return opaqueArray;
  const text = cursor.text.slice(start, cursor.at);
  return { type: isNumberStart(code) ? 'number' : 'literal', text };
}

function skipObject(cursor: Cursor, depth: number): void {
  if (opensEmpty(cursor, closeObject)) return;
  const keys = keyRing();
  do {
    if (!addKey(keys, scanKey(cursor))) throw notMessage('an object has a key twice', null);
    skipValue(cursor, depth);
  } while (hasMore(cursor, closeObject));
}

function skipArray(cursor: Cursor, depth: number): void {
  if (opensEmpty(cursor, closeArray)) return;
  do skipValue(cursor, depth);
  while (hasMore(cursor, closeArray));
}

function skipLiteral(cursor: Cursor, code: number): void {
  const word = code === letterT ? 'true' : code === letterF ? 'false' : 'null';
  if (!cursor.text.startsWith(word, cursor.at)) throw notJson('a value is missing or malformed');
  cursor.at += word.length;
}

function skipValue(cursor: Cursor, depth: number): void {
  const code = skipSpace(cursor);
  if (code === quote) skipString(cursor);
  else if (isNumberStart(code)) skipNumber(cursor);
  else if (code === openObject || code === openArray) {
    if (depth >= deepest) throw notJson('the text is nested too deeply');
    if (code === openObject) skipObject(cursor, depth + 1);
    else skipArray(cursor, depth + 1);
  } else skipLiteral(cursor, code);
}

/** What one pass over a text found. */
export interface Scan {
  readonly root: Json;
  /** The same JSON with one spelling only: no whitespace, minimal escapes, numbers as they were. */
  readonly canonical: string;
}

/**
 * Reads one JSON text of RFC 8259 strictly and in one pass, at most 100 levels deep.
 *
 * @param level the keys that mean something in the outermost object, and below it.
 * @throws DoormanError `message_invalid`: -32700 where the text is not JSON, or deeper than this
 *   reader goes; -32600 where an object at any depth has a key twice, or a level has a key that a
 *   careless reader takes for a protocol key.
 */
export function scanJson(text: string, level: Level): Scan {
  const cursor = cursorOf(text);
  const root = scanValue(cursor, level, 0);
  skipSpace(cursor);
  if (cursor.at !== text.length) throw notJson('something follows the message');
  return { root, canonical: canonicalText(cursor) };
}
