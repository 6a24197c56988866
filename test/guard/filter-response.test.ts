import { describe, expect, it } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import { passing } from '../../src/guard/answers.ts';
import { filterResponse } from '../../src/guard/filter-response.ts';

const encoder = new TextEncoder();
const empty = new Uint8Array();

function shouting(holdsBack: boolean) {
  const held: Uint8Array[] = [];
  const loud = (chunk: Uint8Array) => encoder.encode(new TextDecoder().decode(chunk).toUpperCase());
  return {
    holdsBack,
    write(chunk: Uint8Array) {
      if (!holdsBack) return loud(chunk);
      held.push(chunk);
      return empty;
    },
    end: () => (holdsBack ? loud(Buffer.concat(held)) : encoder.encode('!')),
  };
}

const answer = () =>
  new Response('hello', {
    status: 201,
    headers: { 'content-type': 'text/event-stream', 'content-length': '5', 'x-other': 'kept' },
  });

describe('filterResponse', () => {
  it('lets an answer without rules pass as it is', async () => {
    const response = Response.json({});
    expect(await filterResponse(response, passing)).toBe(response);
  });

  it.each([
    [true, 'HELLO'],
    [false, 'HELLO!'],
  ])('sends what the filter lets through, held back: %s', async (holdsBack, expected) => {
    const seen: boolean[] = [];
    const body = (eventStream: boolean) => {
      seen.push(eventStream);
      return shouting(holdsBack);
    };
    const response = await filterResponse(answer(), { ...passing, body });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-length')).toBeNull();
    expect(response.headers.get('x-other')).toBe('kept');
    expect(await response.text()).toBe(expected);
    expect(seen).toEqual([true]);
  });

  it('has nothing to filter where there is no body', async () => {
    const response = new Response(null, { status: 202 });
    const body = () => shouting(true);
    expect(await filterResponse(response, { ...passing, body })).toBe(response);
  });

  it.each([
    ['its own refusal', new DoormanError('session_mismatch'), 'session_mismatch'],
    ['anything else', new Error('broken'), 'upstream_unavailable'],
  ])('fails with %s for a body that cannot be read', async (_, thrown, code) => {
    const body = () => ({
      ...shouting(true),
      end: (): Uint8Array => {
        throw thrown;
      },
    });
    await expect(filterResponse(answer(), { ...passing, body })).rejects.toMatchObject({ code });
  });

  it.each([
    ['a body', Response.json({}, { headers: { 'mcp-session-id': 's-1' } })],
    ['an event stream', new Response('data: 1\n\n', { headers: { 'mcp-session-id': 's-1' } })],
    ['no body', new Response(null, { status: 202, headers: { 'mcp-session-id': 's-1' } })],
  ])('keeps a session back that it may not name, with %s', async (_, response) => {
    const filtered = await filterResponse(response, { ...passing, namesSession: () => false });
    expect(filtered.headers.get('mcp-session-id')).toBeNull();
    expect(filtered.status).toBe(response.status);
  });

  it('passes nothing on where the head cannot be noted', async () => {
    const head = async (): Promise<void> => {
      throw new DoormanError('issuer_unavailable');
    };
    await expect(filterResponse(answer(), { ...passing, head })).rejects.toMatchObject({
      code: 'issuer_unavailable',
    });
  });
});

describe('an event stream', () => {
  /** A stream that the test feeds, and what became of it. */
  function stream() {
    const source = new TransformStream<Uint8Array, Uint8Array>();
    const writer = source.writable.getWriter();
    let cut: ((last: Uint8Array) => void) | undefined;
    let over = 0;
    const rules = {
      ...passing,
      opened: (end: (last: Uint8Array) => void) => {
        cut = end;
        return () => void over++;
      },
    };
    const headers = { 'content-type': 'text/event-stream' };
    const response = filterResponse(new Response(source.readable, { headers }), rules);
    return { response, writer, cut: (last: Uint8Array) => cut?.(last), over: () => over };
  }

  it('ends with the last bytes when it may not go on, and the server is told to stop', async () => {
    const { response, writer, cut } = stream();
    const reader = (await response).body?.getReader();
    void writer.write(encoder.encode('data: 1\n\n'));
    expect(await reader?.read()).toMatchObject({ value: encoder.encode('data: 1\n\n') });
    cut(encoder.encode('data: end\n\n'));
    expect(await reader?.read()).toMatchObject({ value: encoder.encode('data: end\n\n') });
    expect(await reader?.read()).toMatchObject({ done: true });
    await expect(writer.closed).rejects.toBeUndefined();
  });

  it('is no longer watched once it is over', async () => {
    const { response, writer, over } = stream();
    void writer.write(encoder.encode('data: 1\n\n'));
    void writer.close();
    expect(await (await response).text()).toBe('data: 1\n\n');
    expect(over()).toBe(1);
  });

  it('is no longer watched once its client goes away, and the server is told', async () => {
    const { response, writer, over } = stream();
    await (await response).body?.cancel('gone');
    expect(over()).toBe(1);
    await expect(writer.closed).rejects.toBe('gone');
  });

  it('is no longer watched once the server breaks off', async () => {
    const { response, writer, over } = stream();
    const text = (await response).text();
    void writer.abort(new Error('reset'));
    await expect(text).rejects.toThrow('reset');
    expect(over()).toBe(1);
  });
});
