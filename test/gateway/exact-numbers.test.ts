import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hideNumbers, restoreNumbers } from '../../src/gateway/exact-numbers.ts';

/** What the SDK does with a text. */
const rewrite = (json: string): string =>
  restoreNumbers(JSON.stringify(JSON.parse(hideNumbers(json))));

describe('numbers that a double cannot hold', () => {
  it.each([
    '12345678901234567890',
    '-9007199254740993',
    '1e400',
    '-1E+999',
    '0.12345678901234567890123',
    '123456789.123456789123',
  ])('survive JSON.parse and JSON.stringify: %s', (number) => {
    const json = `{"a":[${number},"${number}",{"b":${number}}]}`;
    expect(rewrite(json)).toBe(json);
  });

  it.each(['0', '-1', '1.5', '9007199254740991', '0.30000000000000004', '1e21', '1e-7'])(
    'are no others: %s stays a number on the way',
    (number) => {
      const padded = `[${number},"1234567890123456"]`;
      expect(JSON.parse(hideNumbers(padded))).toEqual(JSON.parse(padded));
    },
  );

  it('are not seen in strings, whatever is escaped there', () => {
    for (const text of ['"', '\\', '\\"', 'a":1234567890123456789,"', '\\\\"12345678901234567']) {
      const json = JSON.stringify({ [text]: text, n: 1 });
      expect(hideNumbers(`${json.slice(0, -1)},"m":1e999}`)).toContain(json.slice(0, -1));
    }
  });

  it('cannot be forged by a peer that has seen no mark', () => {
    const json = '["number-00000000000000000000000000000000:1, 2",12345678901234567890]';
    expect(rewrite(json)).toBe(json);
  });

  it('throws for what is no JSON text', () => {
    expect(() => hideNumbers('{"a":1234567890123456789')).toThrow(SyntaxError);
  });

  it('leave every other JSON value as JavaScript writes it', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(rewrite(json)).toBe(JSON.stringify(JSON.parse(json)));
      }),
    );
  });

  it('survive among any other values', () => {
    const digits = fc.stringMatching(/^[1-9]\d{16,40}$/);
    fc.assert(
      fc.property(digits, fc.string(), (number, text) => {
        const json = `{${JSON.stringify(text)}:[${number},${JSON.stringify(text)}]}`;
        expect(rewrite(json)).toBe(json);
      }),
    );
  });
});
