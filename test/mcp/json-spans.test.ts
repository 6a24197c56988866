import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readItems, readMembers, skipSpace, valueEnd } from '../../src/mcp/json-spans.ts';

function itemsOf(text: string): readonly string[] {
  const items: string[] = [];
  const end = readItems(text, skipSpace(text, 0), (at) => {
    items.push(text.slice(at, valueEnd(text, at)));
    return valueEnd(text, at);
  });
  expect(text.slice(end).trim()).toBe('');
  return items;
}

function membersOf(text: string): readonly (readonly [string, string])[] {
  const members: [string, string][] = [];
  const end = readMembers(text, skipSpace(text, 0), (key, at) => {
    members.push([key, text.slice(at, valueEnd(text, at))]);
    return valueEnd(text, at);
  });
  expect(text.slice(end).trim()).toBe('');
  return members;
}

describe('spans', () => {
  it.each([
    ['[]', []],
    [' [ \n] ', []],
    ['[1]', ['1']],
    ['[ 1.0 ,-2e400\t, true,false , null]', ['1.0', '-2e400', 'true', 'false', 'null']],
    ['["a,]","\\"]","\\\\"]', ['"a,]"', '"\\"]"', '"\\\\"']],
    ['[[],{},[{"a":[1]}] , {"b":"}"}]', ['[]', '{}', '[{"a":[1]}]', '{"b":"}"}']],
  ])('cuts %j into its items', (text, items) => {
    expect(itemsOf(text)).toEqual(items);
  });

  it.each([
    ['{}', []],
    ['{ }', []],
    ['{"a":1}', [['a', '1']]],
    [
      ' { "a" : 1 ,\n"b":{"c":[2]}, "" : "x" } ',
      [
        ['a', '1'],
        ['b', '{"c":[2]}'],
        ['', '"x"'],
      ],
    ],
    [
      '{"a":1,"a":2,"\\u0061":3}',
      [
        ['a', '1'],
        ['a', '2'],
        ['a', '3'],
      ],
    ],
    ['{"k\\":":"v"}', [['k":', '"v"']]],
  ])('cuts %j into its members, doubles too', (text, members) => {
    expect(membersOf(text)).toEqual(members);
  });

  it('agrees with JSON.parse about every text', () => {
    const value = fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 });
    fc.assert(
      fc.property(
        fc.array(value),
        fc.dictionary(fc.string(), value),
        fc.nat(2),
        (list, map, pad) => {
          const array = JSON.stringify(list, null, pad);
          expect(itemsOf(array).map((item) => JSON.parse(item))).toEqual(JSON.parse(array));
          const object = JSON.stringify(map, null, pad);
          const members = membersOf(object).map(([key, text]) => [key, JSON.parse(text)]);
          expect(members).toEqual(Object.entries(JSON.parse(object)));
        },
      ),
      { numRuns: 300 },
    );
  });
});
