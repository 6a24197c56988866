import { describe, expect, it } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import { filterResponse, passing } from '../../src/guard/answers.ts';

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
    const response = answer();
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

  it('passes nothing on where the head cannot be noted', async () => {
    const head = async (): Promise<void> => {
      throw new DoormanError('issuer_unavailable');
    };
    await expect(filterResponse(answer(), { ...passing, head })).rejects.toMatchObject({
      code: 'issuer_unavailable',
    });
  });
});
