import { describe, expect, it } from 'vitest';
import { createEventBoundary } from '../../src/mcp/event-boundary.ts';

const encoder = new TextEncoder();

function endsWhole(...chunks: string[]): boolean {
  const boundary = createEventBoundary();
  const filter = boundary.follow(null);
  for (const chunk of chunks) filter.write(encoder.encode(chunk));
  return boundary.reached();
}

describe('an event boundary', () => {
  it.each([
    ['nothing at all', []],
    ['LF LF', ['data: 1\n\n']],
    ['CR CR', ['data: 1\r\r']],
    ['CR LF CR LF', ['data: 1\r\n\r\n']],
    ['a mixture', ['data: 1\n\r\n']],
    ['line ends in chunks of their own', ['data: 1', '\r', '\n', '\r', '\n']],
    ['an empty chunk after it', ['data: 1\n\n', '']],
    ['a comment that is a block of its own', [': ping\n\n']],
  ])('is there after %s', (_, chunks) => {
    expect(endsWhole(...chunks)).toBe(true);
  });

  it.each([
    ['half a line', ['data: 1']],
    ['one line', ['data: 1\n']],
    ['one line that ends with CR LF', ['data: 1\r\n']],
    ['CR LF in two chunks', ['data: 1\r', '\n']],
    ['the next event has begun', ['data: 1\n\n', 'd']],
    ['a comment within an event', ['data: 1\n: ping\n']],
  ])('is not there after %s', (_, chunks) => {
    expect(endsWhole(...chunks)).toBe(false);
  });

  it('is where the filter says, for what the filter lets through', () => {
    const boundary = createEventBoundary();
    const filter = boundary.follow({
      holdsBack: false,
      write: (chunk) => chunk.subarray(0, 1),
      end: () => encoder.encode('\n\n'),
    });
    expect(filter.write(encoder.encode('data: 1\n\n'))).toEqual(encoder.encode('d'));
    expect(boundary.reached()).toBe(false);
    filter.end();
    expect(boundary.reached()).toBe(true);
  });
});
