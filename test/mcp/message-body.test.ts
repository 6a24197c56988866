import { describe, expect, it } from 'vitest';
import { createMessageBodyFilter } from '../../src/mcp/message-body.ts';

const encoder = new TextEncoder();
const refused = expect.objectContaining({ code: 'upstream_unavailable' });

function run(filterMessage: (text: string) => string | null, ...chunks: readonly Uint8Array[]) {
  const filter = createMessageBodyFilter(filterMessage);
  for (const chunk of chunks) expect(filter.write(chunk)).toHaveLength(0);
  return filter.end();
}

describe('createMessageBodyFilter', () => {
  it('holds a body back and passes it on as the same bytes', () => {
    const body = encoder.encode('{ "é": 1.0 }');
    expect(run((text) => text, body)).toBe(body);
    const halves = [body.subarray(0, 4), body.subarray(4)];
    expect([...run((text) => text, ...halves)]).toEqual([...body]);
    expect(run((text) => text)).toHaveLength(0);
  });

  it('passes on what the filter makes of it', () => {
    expect(run(() => '{"é":2}', encoder.encode('{}'))).toEqual(encoder.encode('{"é":2}'));
  });

  it('shows a byte order mark to the filter', () => {
    expect(run((text) => JSON.stringify(text), encoder.encode('\ufeffa'))).toEqual(
      encoder.encode('"\ufeffa"'),
    );
  });

  it.each([
    ['UTF-8 that is cut', Uint8Array.of(0x7b, 0xe2, 0x82)],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 0x08, 0x00)],
  ])('refuses a body that is %s', (_what, body) => {
    expect(() => run((text) => text, body)).toThrow(refused);
  });

  it('refuses what the filter passes nothing on of', () => {
    expect(() => run(() => null, encoder.encode('{}'))).toThrow(refused);
  });

  it('gives up after 16 MiB', () => {
    const filter = createMessageBodyFilter((text) => text);
    const chunk = new Uint8Array(2 ** 20).fill(0x20);
    for (let count = 0; count < 16; count++) filter.write(chunk);
    expect(() => filter.write(Uint8Array.of(0x20))).toThrow(refused);
  });
});
