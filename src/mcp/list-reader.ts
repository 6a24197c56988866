import type { Target, ToolHints } from '../core/types.ts';
import { readItems, readMembers, type Span, skipSpace, valueEnd } from './json-spans.ts';
import { nameFault } from './operation.ts';
import { answerLevels, isVariantKey, type Level, listKeys } from './protocol-keys.ts';

/** One item of a list, as a server wrote it. */
export interface Listed extends Target {
  /** Only tools have them. */
  readonly hints: ToolHints | null;
}

type ListKey = keyof typeof listKeys;

/** Watched members of an object, by the place of their values. */
interface Watched extends Span {
  /** `null` where readers could disagree about one of them. */
  readonly members: ReadonlyMap<string, Span> | null;
}

interface Item extends Span {
  /** `null` for what nobody could use. */
  readonly listed: Listed | null;
}

/** A list of a result, by its place. */
export interface List extends Span {
  /** `null` where the list is no array. */
  readonly items: readonly Item[] | null;
}

interface Result extends Watched {
  readonly lists: readonly List[];
}

/** The result of an answer, as far as it lists what a server has. */
export interface Page {
  readonly lists: readonly List[];
  /** Other members that speak of the page as a whole, by the place of their values. */
  readonly members: ReadonlyMap<string, Span>;
  /** Index after the result. */
  readonly end: number;
}

function opens(text: string, at: number, bracket: '{' | '['): boolean {
  return text.charAt(at) === bracket;
}

/** @param enter reads the value of a watched member, and returns its end. */
function readWatched(
  text: string,
  start: number,
  level: Level,
  enter: (key: string, at: number) => number = (_key, at) => valueEnd(text, at),
): Watched {
  const members = new Map<string, Span>();
  let ambiguous = false;
  const end = readMembers(text, start, (key, at) => {
    if (!level.keys.has(key)) {
      ambiguous ||= isVariantKey(level, key);
      return valueEnd(text, at);
    }
    ambiguous ||= members.has(key);
    const after = enter(key, at);
    members.set(key, { start: at, end: after });
    return after;
  });
  return { start, end, members: ambiguous ? null : members };
}

function stringAt(text: string, span: Span | undefined): string | null {
  if (span === undefined || text.charAt(span.start) !== '"') return null;
  return JSON.parse(text.slice(span.start, span.end));
}

/** The hints of a tool that is listed: what it does not tell in plain form is as MCP's schema says. */
function readHints(text: string, annotations: Span | undefined): ToolHints {
  const told =
    annotations !== undefined && opens(text, annotations.start, '{')
      ? readWatched(text, annotations.start, answerLevels.hints).members
      : null;
  const read = (hint: keyof ToolHints, fallback: boolean): boolean => {
    const span = told?.get(hint);
    const written = span === undefined ? '' : text.slice(span.start, span.end);
    return written === 'true' || (written !== 'false' && fallback);
  };
  const readOnlyHint = read('readOnlyHint', false);
  return {
    readOnlyHint,
    // "Meaningful only when readOnlyHint == false": what only reads destroys nothing.
    destructiveHint: read('destructiveHint', !readOnlyHint),
    idempotentHint: read('idempotentHint', false),
    openWorldHint: read('openWorldHint', true),
  };
}

function readItem(text: string, start: number, list: ListKey): Item {
  if (!opens(text, start, '{')) return { start, end: valueEnd(text, start), listed: null };
  const { members, end } = readWatched(text, start, answerLevels.item);
  const { type, key } = listKeys[list];
  const name = stringAt(text, members?.get(key));
  if (members === null || name === null || nameFault(name) !== null) {
    return { start, end, listed: null };
  }
  const hints = type === 'tool' ? readHints(text, members.get('annotations')) : null;
  return { start, end, listed: { type, name, hints } };
}

function readList(text: string, start: number, key: ListKey): List {
  if (!opens(text, start, '[')) return { start, end: valueEnd(text, start), items: null };
  const items: Item[] = [];
  const end = readItems(text, start, (at) => {
    const item = readItem(text, at, key);
    items.push(item);
    return item.end;
  });
  return { start, end, items };
}

function readResult(text: string, start: number): Result {
  const lists: List[] = [];
  const watched = readWatched(text, start, answerLevels.result, (key, at) => {
    if (!(key in listKeys)) return valueEnd(text, at);
    const list = readList(text, at, key as ListKey);
    lists.push(list);
    return list.end;
  });
  return { ...watched, lists };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const noPage: Page = { lists: [], members: new Map(), end: 0 };

/**
 * Finds the lists in one JSON-RPC message, whatever request it answers.
 *
 * @returns `null` for a text that is no JSON object, or in which readers could see different lists:
 *   duplicate keys, variants of a protocol key. A scalar holds no list, and may pass.
 */
export function readPage(text: string): Page | null {
  if (!parses(text)) return null;
  const root = skipSpace(text, 0);
  // Batches do not exist from 2025-06-18 on; they are not taken apart.
  if (!opens(text, root, '{')) return opens(text, root, '[') ? null : noPage;
  let result: Result | undefined;
  const message = readWatched(text, root, answerLevels.message, (_key, at) => {
    if (!opens(text, at, '{')) return valueEnd(text, at);
    result = readResult(text, at);
    return result.end;
  });
  if (message.members === null) return null;
  if (result === undefined) return noPage;
  const { lists, members, end } = result;
  return members === null ? null : { lists, members, end };
}
