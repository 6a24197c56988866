import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createEndpointStopper,
  endpointEvent,
  findEndpoint,
} from '../../src/gateway/endpoint-event.ts';

describe('findEndpoint', () => {
  it.each([
    ['the plain form', 'event: endpoint\ndata: /m?sessionId=1\n\n', '/m?sessionId=1'],
    ['CRLF', 'event: endpoint\r\ndata: /m\r\n\r\n', '/m'],
    ['CR', 'event: endpoint\rdata: /m\r\r', '/m'],
    ['no blank after the colon', 'event:endpoint\ndata:/m\n\n', '/m'],
    ['the data first', 'data: /m\nevent: endpoint\n\n', '/m'],
    ['an id beside it', 'id: 1\nevent: endpoint\nretry: 5\ndata: /m\n\n', '/m'],
    ['a byte order mark', '\u00ef\u00bb\u00bfevent: endpoint\ndata: /m\n\n', '/m'],
    ['the last of two types', 'event: message\nevent: endpoint\ndata: /m\n\n', '/m'],
  ])('finds the endpoint: %s', (_what, text, endpoint) => {
    expect(findEndpoint(text)).toEqual({ before: '', endpoint, after: '' });
  });

  it('keeps what stands around the event', () => {
    const before = ': hello\n\nevent: message\ndata: {}\n\n';
    const after = 'data: {"half';
    expect(findEndpoint(`${before}event: endpoint\ndata: /m\n\n${after}`)).toEqual({
      before,
      endpoint: '/m',
      after,
    });
  });

  it.each([
    ['nothing', ''],
    ['an event that has not ended', 'event: endpoint\ndata: /m\n'],
    ['an event whose last line end is half of CRLF', 'event: endpoint\r\ndata: /m\r\n'],
    ['other events', 'event: message\ndata: endpoint\n\n'],
    ['a type that only begins like it', 'event: endpoints\ndata: /m\n\n'],
    ['a comment', ': event: endpoint\n\n'],
  ])('waits for more after %s', (_what, text) => {
    expect(findEndpoint(text)).toBeNull();
  });

  it('reads its own event', () => {
    expect(findEndpoint(endpointEvent('/mcp?session=x'))?.endpoint).toBe('/mcp?session=x');
  });
});

/** What an EventSource would take for its endpoint. */
function endpoints(text: string): readonly string[] {
  const found: string[] = [];
  for (let rest = text; ; ) {
    const next = findEndpoint(rest);
    if (next === null) return found;
    found.push(next.endpoint);
    rest = next.after;
  }
}

function stopped(chunks: readonly Uint8Array[]): string {
  const stop = createEndpointStopper();
  return chunks.map((chunk) => Buffer.from(stop(chunk)).toString('latin1')).join('');
}

function split(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text, 'latin1');
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

describe('createEndpointStopper', () => {
  it.each(['\n', '\r\n', '\r'])(
    'takes out the type of a further endpoint event, line end %j',
    (eol) => {
      const lines = ['event: endpoint', 'data: https://evil.example/', '', 'data: 1', '', ''];
      const text = lines.join(eol);
      for (let cut = 0; cut <= text.length; cut += 1) {
        expect(stopped(split(text, [cut]))).toBe(lines.slice(1).join(eol));
      }
    },
  );

  it('takes out one behind a byte order mark, which the reader of the rest drops', () => {
    const text = '\u00ef\u00bb\u00bfevent: endpoint\ndata: https://evil.example/\n\n';
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(stopped(split(text, [cut]))).toBe('data: https://evil.example/\n\n');
    }
  });

  it.each([
    'event: message\ndata: {"event: endpoint":1}\n\n',
    'data: event: endpoint\n\n',
    ': event: endpoint\n\n',
    ' event: endpoint\n\n',
    'event: endpoint \n\n',
    'event: endpoints\n\n',
    'event\n\nevent:\n\n',
  ])('leaves %j alone, wherever it is cut', (text) => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(stopped(split(text, [cut]))).toBe(text);
    }
  });

  it('passes the beginning of a long line on at once', () => {
    const stop = createEndpointStopper();
    expect(Buffer.from(stop(Buffer.from('data: half'))).toString()).toBe('data: half');
    expect(Buffer.from(stop(Buffer.from('event: endpoint\nevent'))).toString()).toBe(
      'event: endpoint\n',
    );
  });

  it('lets no endpoint event through and every other byte, wherever the stream is cut', () => {
    const piece = fc.constantFrom(
      'event: endpoint',
      'event:endpoint',
      'event: message',
      'data: x',
      'data: \u00c3\u00a4',
      '\n',
      '\r\n',
      '\r',
      '\n\n',
      'e',
      ':',
    );
    const stream = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        const whole = `${text}\n\n`;
        const passed = stopped(split(whole, cuts));
        expect(endpoints(passed)).toEqual([]);
        const kept = whole
          .split(/(\r\n|\n|\r)/)
          .filter(
            (part, index, parts) => !/^event: ?endpoint$/.test(parts[index - (index % 2)] ?? part),
          );
        expect(passed).toBe(kept.join(''));
      }),
    );
  });
});
