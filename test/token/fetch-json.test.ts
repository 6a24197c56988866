import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fetch } from '../../src/core/ports.ts';
import { fetchJson } from '../../src/token/fetch-json.ts';
import { epochMs } from '../support/clock.ts';
import { testPorts } from '../support/issuer.ts';

const url = 'https://idp.example/jwks';

function answering(response: () => Response | Promise<Response>) {
  const calls: RequestInit[] = [];
  const fetch: Fetch = async (_, init = {}) => {
    calls.push(init);
    return response();
  };
  return { calls, ports: testPorts(fetch) };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('fetchJson', () => {
  it('reads a JSON object whatever its media type, without following redirects', async () => {
    const { calls, ports } = answering(() => new Response('{"a":1}'));
    expect(await fetchJson(url, ports)).toEqual({ ok: true, value: { a: 1 } });
    expect(calls[0]).toMatchObject({ redirect: 'manual' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, () => Response, string]>([
    ['an HTML page', () => new Response('<html>'), 'no JSON object'],
    ['an array', () => Response.json([]), 'no JSON object'],
    ['repeated members', () => new Response('{"a":1,"a":2}'), 'no JSON object'],
    ['no JSON object', () => new Response(null), 'no JSON object'],
    ['status 500', () => new Response('{}', { status: 500 }), 'status 500'],
    ['status 203', () => new Response('{}', { status: 203 }), 'status 203'],
    ['a redirect', () => new Response(null, { status: 302 }), 'status 302'],
  ])('fails on %s', async (_, response, got) => {
    const { ports } = answering(response);
    expect(await fetchJson(url, ports)).toEqual({ ok: false, got, retryAfterMs: 0 });
  });

  it('stops reading an endless body at 256 KiB and cancels it', async () => {
    const cancel = vi.fn();
    const body = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
        cancel,
      });
    const { ports } = answering(() => new Response(body()));
    expect(await fetchJson(url, ports)).toMatchObject({ got: 'more than 262144 bytes' });
    expect(cancel).toHaveBeenCalledOnce();
  });

  it('reads a body of exactly 256 KiB', async () => {
    const text = `{"x":"${'x'.repeat(262_144 - 8)}"}`;
    const { ports } = answering(() => new Response(text));
    expect(await fetchJson(url, ports)).toMatchObject({ ok: true });
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ['an answer that never comes', () => new Promise<Response>(() => {})],
    ['a body that never ends', () => new Response(new ReadableStream())],
  ])('gives up on %s after 3 seconds and aborts', async (_, response) => {
    const { calls, ports } = answering(response);
    const outcome = fetchJson(url, ports);
    await vi.advanceTimersByTimeAsync(2_999);
    expect(calls[0]?.signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toMatchObject({ ok: false, got: 'no answer within 3000 ms' });
    expect(calls[0]?.signal?.aborted).toBe(true);
  });

  it.each<[string, unknown, string]>([
    [
      'the code of a cause',
      new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') }),
      'ECONNREFUSED',
    ],
    ['a message', new Error('boom'), 'boom'],
    ['anything else', 'boom', 'boom'],
  ])('reports a failed connection by %s', async (_, error, reason) => {
    const { ports } = answering(() => Promise.reject(error));
    expect(await fetchJson(url, ports)).toMatchObject({ got: `no answer: ${reason}` });
  });

  it.each([
    [429, '60', 60_000],
    [503, '60', 60_000],
    [500, '60', 0],
    [429, '86400', 300_000],
    [429, new Date(epochMs + 45_000).toUTCString(), 45_000],
    [429, new Date(epochMs - 45_000).toUTCString(), 0],
    [429, 'soon', 0],
    [429, '-5', 0],
  ])('reads status %i with Retry-After "%s" as a pause of %i ms', async (status, value, ms) => {
    const { ports } = answering(
      () => new Response(null, { status, headers: { 'retry-after': value } }),
    );
    expect(await fetchJson(url, ports)).toMatchObject({ ok: false, retryAfterMs: ms });
  });
});

function withCode(code: string): Error {
  return Object.assign(new Error('connect'), { code });
}
