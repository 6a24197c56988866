/*
 * What MCP servers in all languages may make of a text that reaches them. Written without a look at
 * the guard's own reader, and as forgiving as any parser in the field: whatever comes near to JSON is
 * read, every duplicate is kept, and each reader then takes what it likes.
 */

type Value =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'object'; readonly entries: readonly (readonly [string, Value])[] }
  | { readonly type: 'array'; readonly items: readonly Value[] }
  | { readonly type: 'other' };

/** What a reader would do: a method, and the one thing that it acts on, if it acts on one. */
export interface Deed {
  readonly method: string;
  readonly thing: string | null;
}

/** Reads every value of a text, one after the other, and never fails. */
function valuesOf(text: string): readonly Value[] {
  let at = 0;
  const isSpace = (char: string) => /[\s\0-\x20\ufeff\u200b]/.test(char);
  const skip = () => {
    for (;;) {
      while (at < text.length && isSpace(text.charAt(at))) at++;
      if (text.startsWith('/*', at)) at = Math.max(text.indexOf('*/', at), at) + 2;
      else if (text.startsWith('//', at)) while (at < text.length && text.charAt(at) !== '\n') at++;
      else return;
    }
  };

  function string(quote: string): string {
    let value = '';
    for (at++; at < text.length && text.charAt(at) !== quote; at++) {
      if (text.charAt(at) !== '\\') value += text.charAt(at);
      else {
        const escaped = text.charAt(++at);
        const hex = /^[0-9a-f]{4}/i.exec(text.slice(at + 1))?.[0];
        if (escaped === 'u' && hex !== undefined) {
          value += String.fromCharCode(Number.parseInt(hex, 16));
          at += 4;
        } else value += { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[escaped] ?? escaped;
      }
    }
    at++;
    return value;
  }

  function list<Item>(close: string, item: () => Item): readonly Item[] {
    const items: Item[] = [];
    for (at++; at < text.length; ) {
      skip();
      if (text.charAt(at) === close) break;
      if (text.charAt(at) === ',') at++;
      else items.push(item());
    }
    at++;
    return items;
  }

  function entry(): readonly [string, Value] {
    const key = value();
    skip();
    if (text.charAt(at) !== ':') return ['', { type: 'other' }];
    at++;
    return [key.type === 'string' ? key.value : '', value()];
  }

  function value(): Value {
    skip();
    const char = text.charAt(at);
    if (char === '"' || char === "'") return { type: 'string', value: string(char) };
    if (char === '{') return { type: 'object', entries: list('}', entry) };
    if (char === '[') return { type: 'array', items: list(']', value) };
    const start = at;
    while (at < text.length && /[\w.+-]/.test(text.charAt(at))) at++;
    // What is none of this is left out, character by character.
    if (at === start) at++;
    return { type: 'other' };
  }

  const values: Value[] = [];
  for (skip(); at < text.length; skip()) values.push(value());
  return values;
}

interface Habit {
  /** The text that a key or name is to this reader. */
  readonly seen: (text: string) => string;
  readonly wins: 'first' | 'last';
}

function folded(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it strips
  const bare = text.normalize('NFKC').replace(/[\u0000-\u0020\u007f-\u00a0\p{C}\p{M}\p{Z}]/gu, '');
  return bare.toUpperCase().toLowerCase();
}

/** Some readers end a text at NUL. */
const untilNul = (text: string) => text.split('\0')[0] ?? '';
const asWritten = (text: string) => text;

/** Readers that an upstream may be; between them they know every way to take one of two keys. */
export const carelessReaders: Readonly<Record<string, Habit>> = {
  'last key wins': { seen: asWritten, wins: 'last' },
  'first key wins': { seen: asWritten, wins: 'first' },
  'folds case and strips controls, last wins': { seen: folded, wins: 'last' },
  'folds case and strips controls, first wins': { seen: folded, wins: 'first' },
  'ends texts at NUL, last wins': { seen: untilNul, wins: 'last' },
};

const nothing: Value = { type: 'other' };

/** All that a reader would do with a text: batches, concatenated messages and mixed ones included. */
export function deedsOf(text: string, { seen, wins }: Habit): readonly Deed[] {
  function member(value: Value, key: string): Value {
    if (value.type !== 'object') return nothing;
    // Keys are looked up as this reader sees them, so those it looks for are folded too.
    const fits = ([name]: readonly [string, Value]) => seen(name) === seen(key);
    return (
      (wins === 'last' ? value.entries.findLast(fits) : value.entries.find(fits))?.[1] ?? nothing
    );
  }
  const textOf = (value: Value) => (value.type === 'string' ? seen(value.value) : null);

  function thingsOf(method: string, params: Value): readonly (string | null)[] {
    const ref = member(params, 'ref');
    const uris = member(member(params, 'notifications'), 'resourceSubscriptions');
    switch (method) {
      case 'tools/call':
      case 'prompts/get':
        return [textOf(member(params, 'name'))];
      case 'resources/read':
      case 'resources/subscribe':
      case 'resources/unsubscribe':
        return [textOf(member(params, 'uri'))];
      case 'completion/complete':
        return [textOf(member(ref, textOf(member(ref, 'type')) === 'ref/prompt' ? 'name' : 'uri'))];
      case 'subscriptions/listen':
        return uris.type === 'array' ? uris.items.map(textOf) : [];
      default:
        return [];
    }
  }

  function deeds(value: Value): readonly Deed[] {
    if (value.type === 'array') return value.items.flatMap(deeds);
    const method = textOf(member(value, 'method'));
    if (method === null) return [];
    const things = thingsOf(method, member(value, 'params'));
    return things.length === 0
      ? [{ method, thing: null }]
      : things.map((thing) => ({ method, thing: thing ?? '' }));
  }

  return valuesOf(text).flatMap(deeds);
}

/** What somebody makes of a request who looks at nothing but the mirrored headers. */
export function deedOfHeaders(headers: Headers): Deed | null {
  const method = headers.get('Mcp-Method');
  if (method === null) return null;
  const name = headers.get('Mcp-Name');
  const encoded = /^=\?base64\?(.*)\?=$/i.exec(name ?? '')?.[1];
  const named = ['tools/call', 'prompts/get', 'resources/read'].includes(method);
  const decoded = encoded === undefined ? name : Buffer.from(encoded, 'base64').toString();
  return { method, thing: named ? decoded : null };
}
