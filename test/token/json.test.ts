import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJsonObject, parseJsonObject } from '../../src/token/json.ts';

describe('parseJsonObject', () => {
  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"x":{"a":1,"b":2,"a":3}}',
    '{"x":[{"a":[],"a":{}}]}',
    '{"a":{"a":1},"b":[1,2],"a":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":2}',
  ])('refuses repeated member names: %s', (text) => {
    expect(parseJsonObject(text)).toBeNull();
  });

  it.each(['', '[]', 'null', '"a"', '1', '{', '{"a":1}x', "{'a':1}", '{"a":1,}', '\ufeff{}'])(
    'refuses what is not one JSON object: %j',
    (text) => {
      expect(parseJsonObject(text)).toBeNull();
    },
  );

  it.each([
    ['the same name at different depths', '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}'],
    ['names that look like structure', '{"{":"}","[":"]",",":":","\\"":"\\\\"}'],
    ['values equal to names', '{"a":"b","b":"a","c":["a","a","b"]}'],
    ['an empty object', ' {} '],
  ])('reads %s', (_, text) => {
    expect(parseJsonObject(text)).toEqual(JSON.parse(text));
  });

  it('reads every object that JSON can write, and refuses it with a member repeated', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        const text = JSON.stringify(value);
        expect(parseJsonObject(text)).toEqual(JSON.parse(text));
        const name = JSON.stringify(Object.keys(value)[0]);
        expect(parseJsonObject(`${text.slice(0, -1)},${name}:0}`)).toBeNull();
      }),
    );
  });

  it.each(['{"__proto__":{"iss":"evil"}}', '{"a":[{"\\u005f_proto__":1}]}'])(
    'refuses a member named __proto__: %s',
    (text) => {
      expect(parseJsonObject(text)).toBeNull();
    },
  );
});

describe('decodeJsonObject', () => {
  it('refuses a byte order mark and invalid UTF-8', () => {
    const bytes = (...head: number[]) => new Uint8Array([...head, 0x7b, 0x7d]);
    expect(decodeJsonObject(bytes())).toEqual({});
    expect(decodeJsonObject(bytes(0xef, 0xbb, 0xbf))).toBeNull();
    expect(decodeJsonObject(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeNull();
  });
});
