import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes, sha256Base64Url } from '../../src/token/sha256.ts';

describe('sha256Base64Url', () => {
  it('gives the ath of the example in RFC 9449 section 7.1', async () => {
    expect(await sha256Base64Url('Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU')).toBe(
      'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    );
  });
});

describe('equalBytes', () => {
  it('is true for equal bytes and nothing else', () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        expect(equalBytes(left, right)).toBe(
          `${left}` === `${right}` && left.length === right.length,
        );
        expect(equalBytes(left, left.slice())).toBe(true);
      }),
    );
  });

  it('tells a single bit, a prefix and an extension apart', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(equalBytes(bytes, Uint8Array.of(1, 2, 2))).toBe(false);
    expect(equalBytes(bytes, Uint8Array.of(1, 2))).toBe(false);
    expect(equalBytes(bytes, Uint8Array.of(1, 2, 3, 0))).toBe(false);
    expect(equalBytes(new Uint8Array(), Uint8Array.of(0))).toBe(false);
  });
});
