import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventStreamFilter } from '../../src/mcp/event-stream.ts';
import { filterListing } from '../../src/mcp/listing.ts';

const encoder = new TextEncoder();

/** Shouts, drops what holds `secret`, and passes the rest. */
function filterMessage(text: string): string | null {
  if (text.includes('secret')) return null;
  return text.startsWith('loud') ? text.toUpperCase() : text;
}

function run(...chunks: readonly (string | Uint8Array)[]): string {
  const filter = createEventStreamFilter(filterMessage);
  const out = chunks.map((chunk) =>
    filter.write(typeof chunk === 'string' ? encoder.encode(chunk) : chunk),
  );
  return Buffer.concat([...out, filter.end()]).toString();
}

describe('createEventStreamFilter', () => {
  it.each([
    ['an event', 'event: message\nid: 1\ndata: {}\n\n'],
    ['an event without data', 'id: 1\nretry: 5\n\n'],
    ['empty data', 'id: 1\ndata:\n\n'],
    ['data without a colon', 'data\n\n'],
    ['data without a space', 'data:{}\n\n'],
    ['data with two spaces', 'data:  {}\n\n'],
    ['data on several lines', 'data: {\ndata:\ndata: }\n\n'],
    ['a comment', ': ping\n\n'],
    ['a bare comment line', ':\n'],
    ['a comment within an event', 'data: a\n: note\ndata: b\n\n'],
    ['blank lines', '\n\n\n'],
    ['other characters', 'data: \u2028 \u0085 é 😀\n\n'],
  ])('passes %s on', (_what, text) => {
    expect(run(text)).toBe(text);
    const [first, ...rest] = [...encoder.encode(text)].map((byte) => Uint8Array.of(byte));
    expect(run(first ?? '', ...rest)).toBe(text);
  });

  it.each([
    ['CRLF', '\r\n'],
    ['CR', '\r'],
    ['LF', '\n'],
  ])('reads lines that end with %s', (_what, end) => {
    const lines = ['id: 1', 'data: loud', '', ': c', '', 'data: secret', '', 'data: x', '', ''];
    expect(run(lines.join(end))).toBe('id: 1\ndata: LOUD\n\n: c\n\ndata: x\n\n');
  });

  it('ends an event at once, even where CR may be half of a line end', () => {
    const filter = createEventStreamFilter(filterMessage);
    const write = (text: string) => Buffer.from(filter.write(encoder.encode(text))).toString();
    expect(write('data: a\r\n\r')).toBe('data: a\n\n');
    expect(write('\n: ping\r')).toBe(': ping\n');
    expect(write('\ndata: b\n')).toBe('');
    expect(write('\n')).toBe('data: b\n\n');
  });

  it('splits what it rewrites into lines again', () => {
    expect(run('event: e\ndata: loud\ndata: a\nid: 7\n\n')).toBe(
      'event: e\nid: 7\ndata: LOUD\ndata: A\n\n',
    );
  });

  it('takes the name of a field for nothing else', () => {
    expect(run('datax: secret\ndata : secret\n data: secret\nsecret\n{"a":"secret"}\n\n')).toBe(
      '\n',
    );
    expect(run('x: y\nid: 1\nidle: 2\ndata: a\n\n')).toBe('id: 1\ndata: a\n\n');
  });

  it('drops a message that may not pass, and keeps its id and retry time', () => {
    expect(run('event: message\ndata: secret\n\ndata: b\n\n')).toBe('data: b\n\n');
    expect(run('event: message\nid: 4\nretry: 9\ndata: secret\n\n')).toBe(
      'id: 4\nretry: 9\ndata:\n\n',
    );
    expect(run('retry: 9\n: secret\ndata: secret\n\n')).toBe('retry: 9\n\n');
  });

  it('drops what no blank line ends', () => {
    expect(run('data: a\n\ndata: secret')).toBe('data: a\n\n');
    expect(run('data: a\n')).toBe('');
  });

  it('leaves out a byte order mark at the start, and no other', () => {
    expect(run('\ufeffdata: a\n\n')).toBe('data: a\n\n');
    expect(run('\ufeff', 'data: secret\n\n')).toBe('');
    expect(run('data: a\n\n\ufeffdata: secret\n\n')).toBe('data: a\n\n\n');
  });

  it('judges bytes that are not UTF-8 as readers of event streams see them', () => {
    const bad = Uint8Array.of(0xff, 0xc0);
    expect(run('data: a', bad, 'b\n\ndata: secret', bad, '\n\n')).toBe('data: a\ufffd\ufffdb\n\n');
    expect(run(bad, '\ndata: secret\n\n')).toBe('');
  });

  it.each([
    ['one line', () => ['data: ', ...Array.from({ length: 17 }, () => 'a'.repeat(2 ** 20))]],
    ['many lines', () => Array.from({ length: 17 }, () => `data: ${'a'.repeat(2 ** 20)}\n`)],
  ])('gives up on an event of more than 16 MiB in %s', (_what, chunks) => {
    expect(() => run(...chunks())).toThrow(
      expect.objectContaining({ code: 'upstream_unavailable' }),
    );
  });

  it('forgets the size of an event with the event', () => {
    const event = `data: ${'a'.repeat(3 * 2 ** 20)}\n\n`;
    expect(run(...Array.from({ length: 6 }, () => event))).toHaveLength(6 * event.length);
  });
});

const line = fc.oneof(
  fc
    .tuple(fc.constantFrom('data', 'id', 'event', 'retry', 'x', ''), fc.constantFrom(':', ': ', ''))
    .chain(([name, colon]) =>
      fc
        .constantFrom('a', 'secret', 'loud', '5', 'é😀', '{"tools":[]}')
        .map((text) => (colon === '' ? name : `${name}${colon}${text}`)),
    ),
  fc.constant(''),
);
const stream = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 30 })
  .map((lines) => encoder.encode(lines.flat().join('')));

function split(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other);
  return [...places, bytes.length].map((end, at) => bytes.slice(places[at - 1] ?? 0, end));
}

/** What a reader in common use sees, as the MCP SDKs do. */
function eventsOf(text: string): readonly unknown[] {
  const events: unknown[] = [];
  createParser({ onEvent: (event) => events.push(event) }).feed(text);
  return events;
}

describe('whatever a server streams', () => {
  it('comes out the same however it arrives', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (bytes, cuts) => {
        expect(run(...split(bytes, cuts))).toBe(run(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads the same to a client, but for the messages that are filtered', () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        const text = new TextDecoder().decode(bytes);
        const expected = eventsOf(text.replaceAll(/\r\n?/g, '\n')).flatMap((event) => {
          const { id, data, ...rest } = event as { id?: string; data: string };
          const passed = filterMessage(data);
          if (passed !== null) return [{ ...rest, id, data: passed }];
          return id === undefined ? [] : [{ event: undefined, id, data: '' }];
        });
        expect(eventsOf(run(bytes))).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never shows a list what it hides, wherever the stream is cut', () => {
    const hides = (text: string) => filterListing(text, ({ name }) => name !== 'hidden');
    const item = fc.constantFrom('{"name":"hidden"}', '{"name":"seen"}', '{"name":"hid\\u0064en"}');
    const message = fc
      .tuple(fc.constantFrom('"tools"', '"t\\u006fols"', '"prompts"'), fc.array(item), fc.nat(2))
      .map(
        ([list, items, spaces]) =>
          `{"jsonrpc":"2.0","id":1,"result":{${list}:[${items.join(`,${'\n'.repeat(spaces)}`)}]}}`,
      );
    const framed = fc
      .tuple(message, fc.constantFrom('\n', '\r\n', '\r'), fc.constantFrom('data:', 'data: '))
      .map(([text, end, field]) =>
        [...text.split('\n').map((part) => `${field}${part}`), '', ''].join(end),
      );
    fc.assert(
      fc.property(fc.array(framed), fc.array(fc.nat(), { maxLength: 12 }), (events, cuts) => {
        const filter = createEventStreamFilter(hides);
        const chunks = split(encoder.encode(events.join('')), cuts);
        const out = Buffer.concat([...chunks.map(filter.write), filter.end()]).toString();
        const names = eventsOf(out).flatMap((event) => {
          const { result } = JSON.parse((event as { data: string }).data);
          return [...(result.tools ?? []), ...(result.prompts ?? [])].map(({ name }) => name);
        });
        expect(eventsOf(out)).toHaveLength(events.length);
        expect(names.every((name) => name === 'seen')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
