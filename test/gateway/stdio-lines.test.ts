import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineReader } from '../../src/gateway/stdio-lines.ts';

function read(chunks: readonly string[], maxBytes = 10) {
  const lines: string[] = [];
  const tooLong: string[] = [];
  const take = lineReader(maxBytes, {
    line: (bytes) => void lines.push(`${bytes}`),
    tooLong: (bytes) => void tooLong.push(`${bytes}`),
  });
  for (const chunk of chunks) take(Buffer.from(chunk));
  return { lines, tooLong };
}

describe('lineReader', () => {
  it.each<[readonly string[], readonly string[]]>([
    [['a\nb\n'], ['a', 'b']],
    [
      ['a', 'b\nc', '\n'],
      ['ab', 'c'],
    ],
    [['\n\n'], ['', '']],
    [['no end'], []],
    [['1234567890\n'], ['1234567890']],
  ])('reads %j as %j', (chunks, lines) => {
    expect(read(chunks)).toEqual({ lines, tooLong: [] });
  });

  it('tells of a line that is too long once, by its beginning, and goes on after it', () => {
    expect(read(['a\n12345678901', '2345', '\nb\n'])).toEqual({
      lines: ['a', 'b'],
      tooLong: ['1234567890'],
    });
  });

  it('reads the same however the bytes are cut', () => {
    const chunks = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'ü') }));
    fc.assert(
      fc.property(chunks, (pieces) => {
        expect(read(pieces, 1000)).toEqual(read([pieces.join('')], 1000));
      }),
    );
  });
});
