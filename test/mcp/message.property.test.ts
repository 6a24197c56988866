import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import { type Message, readMessage } from '../../src/mcp/message.ts';
import { read } from './reading.ts';

const encoder = new TextEncoder();

function attempt(body: Uint8Array): Message | DoormanError {
  try {
    return readMessage(body);
  } catch (error) {
    if (error instanceof DoormanError) return error;
    throw error;
  }
}

/** Pieces from which almost-JSON is made, so that the search reaches past the first character. */
const fragments = [
  ...'{}[]:,"\\ \n\t\v-+.eE019',
  '"method"',
  '"params"',
  '"name"',
  '"id"',
  '"jsonrpc":"2.0"',
  '"tools/call"',
  '\\u0061',
  '\\ud83d',
  '\\ude00',
  'null',
  'true',
  '\ufeff',
  '\0',
  '😀',
];

describe('the reader is total', () => {
  const refusesOrReads = (body: Uint8Array) => {
    const outcome = attempt(body);
    if (!(outcome instanceof DoormanError)) {
      expect(read(outcome.canonical).canonical).toBe(outcome.canonical);
      return;
    }
    expect(outcome.code).toBe('message_invalid');
    expect([-32700, -32600, -32602]).toContain(outcome.rpcCode);
    if (outcome.rpcCode === -32700) expect(outcome.rpcId).toBeNull();
  };

  it('for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), refusesOrReads), { numRuns: 200 });
  });

  it('for any text', () => {
    const text = fc.string({ unit: 'binary' }).map((value) => encoder.encode(value));
    fc.assert(fc.property(text, refusesOrReads), { numRuns: 200 });
  });

  it('for any text that resembles a message', () => {
    const body = fc
      .array(fc.constantFrom(...fragments), { maxLength: 30 })
      .map((parts) => encoder.encode(`{"jsonrpc":"2.0",${parts.join('')}}`));
    fc.assert(fc.property(body, refusesOrReads), { numRuns: 400 });
  });

  it('and refuses every text that JSON.parse refuses', () => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.nat(1), fc.constantFrom(...fragments))
      .map(([json, at, cut, piece]) => {
        const text = `{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":${json}}}`;
        const index = at % text.length;
        return text.slice(0, index) + piece + text.slice(index + cut);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        const outcome = attempt(encoder.encode(text));
        if (outcome instanceof DoormanError) return;
        expect(JSON.parse(outcome.canonical)).toEqual(JSON.parse(text));
      }),
      { numRuns: 400 },
    );
  });
});

describe('the canonical message', () => {
  const methodName = fc.oneof(
    fc.constantFrom('ping', 'tools/list', 'foo/bar'),
    fc.string({ unit: 'binary', minLength: 1 }),
  );

  it('is equal as JSON, stable, and minimal', () => {
    const value = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 });
    fc.assert(
      fc.property(methodName, value, fc.nat(4), (method, own, indent) => {
        const written = { jsonrpc: '2.0', id: 1, method, params: { own } };
        const { canonical, operation } = read(JSON.stringify(written, null, indent));
        expect(canonical).toBe(JSON.stringify(written));
        expect(read(canonical).canonical).toBe(canonical);
        expect(operation.method === method || operation.targets.length > 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

type Entries = readonly (readonly [string, unknown])[];

/** Every member in order, duplicates too: what no `JSON.parse` shows. Canonical text only. */
function membersOf(text: string): Entries {
  const found: [string, unknown][] = [];
  const pairs = /"((?:[^"\\]|\\.)*)":/gy;
  let depth = 0;
  let at = 0;
  let start = 0;
  let key: string | null = null;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') {
      pairs.lastIndex = at;
      const match = depth === 1 && key === null ? pairs.exec(text) : null;
      if (match) {
        key = JSON.parse(`"${match[1]}"`);
        at = pairs.lastIndex;
        start = at;
        continue;
      }
      at++;
      while (text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
    } else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    if (key !== null && ((depth === 1 && char === ',') || depth === 0)) {
      found.push([key, text.slice(start, at)]);
      key = null;
    }
    at++;
  }
  return found;
}

const careless = (key: string) =>
  key
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replace(/[\p{C}\s]/gu, '');

/** The three readers that an upstream may be. Each gives the JSON text of a member. */
const readers = {
  'last wins': (members: Entries, key: string) => members.findLast(([name]) => name === key)?.[1],
  'first wins': (members: Entries, key: string) => members.find(([name]) => name === key)?.[1],
  'folds keys, first wins': (members: Entries, key: string) =>
    members.find(([name]) => careless(name) === key)?.[1],
  'folds keys, last wins': (members: Entries, key: string) =>
    members.findLast(([name]) => careless(name) === key)?.[1],
};

/** Spells a string in one of the many ways that JSON allows. */
function spell(text: string, style: number): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  if (style === 0) return JSON.stringify(text);
  if (style === 1) return JSON.stringify(text).replaceAll('/', '\\/');
  const at = style % Math.max(text.length, 1);
  const [head, char, tail] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
  return `${JSON.stringify(head).slice(0, -1)}${char && escaped(char)}${JSON.stringify(tail).slice(1)}`;
}

const disguises: readonly ((key: string) => string)[] = [
  (key) => key.toUpperCase(),
  (key) => key.charAt(0).toUpperCase() + key.slice(1),
  (key) => `${key}\0`,
  (key) => `\u200b${key}`,
  (key) => key.replace('s', '\u017f'),
  (key) => key.replace('m', '\uff4d'),
  (key) => `x${key}`,
];

const space = fc.constantFrom('', '', ' ', '\n\t', '\r\n  ');
const key = (name: string) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(name) },
    { weight: 1, arbitrary: fc.constantFrom(...disguises).map((disguise) => disguise(name)) },
  );

interface Part {
  readonly name: string;
  readonly value: fc.Arbitrary<string>;
}

const texts = (...values: readonly string[]) =>
  fc.tuple(fc.constantFrom(...values), fc.nat(9)).map(([text, style]) => spell(text, style));

/** An object with these members: shuffled, spelled and spaced at will, now and then one too many. */
function object(parts: readonly Part[]): fc.Arbitrary<string> {
  const member = ({ name, value }: Part) =>
    fc
      .tuple(space, key(name), fc.nat(9), space, value, space)
      .map(([a, own, style, b, text, c]) => `${a}${spell(own, style)}${b}:${text}${c}`);
  const extra = fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(...parts).chain(member) },
  );
  return fc
    .tuple(fc.tuple(...parts.map(member)), extra)
    .chain(([members, more]) => {
      const all = more === null ? members : [...members, more];
      return fc.shuffledSubarray(all, { minLength: all.length });
    })
    .map((members) => `{${members.join(',')}}`);
}

const names = texts('safe', 'secret', 'SAFE', 'safe ', 'a/b', 'é', 'na"me');
const args = object([
  { name: 'name', value: names },
  { name: 'Name', value: names },
]);
const ambiguousMessage = object([
  { name: 'jsonrpc', value: fc.constant('"2.0"') },
  { name: 'id', value: fc.constantFrom('1', '1.0', '"a"', '9007199254740993') },
  { name: 'method', value: texts('tools/call', 'tools/list', 'prompts/get', 'resources/read') },
  {
    name: 'params',
    value: object([
      { name: 'name', value: names },
      { name: 'uri', value: names },
      { name: 'arguments', value: args },
    ]),
  },
]);

const member = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' } as const;

describe('every reader of the canonical message', () => {
  it('sees the method and the target that were judged', () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(ambiguousMessage, (text) => {
        const outcome = attempt(encoder.encode(text));
        if (outcome instanceof DoormanError) {
          refused++;
          return;
        }
        accepted++;
        const { canonical, operation, id } = outcome;
        const message = membersOf(canonical);
        for (const pick of Object.values(readers)) {
          const method = JSON.parse(String(pick(message, 'method')));
          expect(method).toBe(operation.method);
          expect(pick(message, 'id') ?? null).toBe(id);
          const key = member[method as keyof typeof member];
          if (key === undefined) continue;
          const params = membersOf(String(pick(message, 'params')));
          expect(JSON.parse(String(pick(params, key)))).toBe(operation.targets[0]?.name);
        }
      }),
      { numRuns: 600 },
    );
    // Both kinds must have been seen often, or the property says nothing.
    expect(accepted).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(50);
  });

  it('is told apart by the test itself', () => {
    const members = membersOf('{"a":1,"A":{"a":[2,"}"]},"a":"\\",\\"a\\":3"}');
    expect(members).toEqual([
      ['a', '1'],
      ['A', '{"a":[2,"}"]}'],
      ['a', '"\\",\\"a\\":3"'],
    ]);
    expect(Object.values(readers).map((pick) => pick(members, 'a'))).toEqual([
      '"\\",\\"a\\":3"',
      '1',
      '1',
      '"\\",\\"a\\":3"',
    ]);
  });
});
