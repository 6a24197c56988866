import { describe, expect, it, vi } from 'vitest';
import { guardNetwork } from './network-guard.ts';

describe('guardNetwork', () => {
  it.each([
    'http://localhost:3000/',
    'http://127.0.0.1/mcp',
    'http://127.8.8.8/',
    'http://[::1]:9/',
  ])('lets %s through', async (url) => {
    const real = vi.fn<typeof fetch>(async () => new Response('ok'));
    const guard = guardNetwork(real);
    const request = new Request(url);
    await guard.fetch(url, { method: 'POST' });
    await guard.fetch(request);
    expect(real.mock.calls).toEqual([
      [url, { method: 'POST' }],
      [request, undefined],
    ]);
    expect(() => guard.assertUntouched()).not.toThrow();
  });

  it.each([
    'https://issuer.example/',
    'http://localhost.example/',
    'http://10.0.0.1/',
    'http://127.0.0.1.example/',
  ])('refuses %s, and remembers it once', async (url) => {
    const real = vi.fn<typeof fetch>();
    const guard = guardNetwork(real);
    const { hostname } = new URL(url);
    for (const input of [url, new URL(url), new Request(url)]) {
      await expect(guard.fetch(input)).rejects.toThrow(hostname);
    }
    expect(real).not.toHaveBeenCalled();
    expect(() => guard.assertUntouched()).toThrow(`The network was asked for ${hostname}.`);
    expect(() => guard.assertUntouched()).not.toThrow();
  });

  it.fails('fails a test that reached for the network, even if it caught the error', async () => {
    await fetch('https://issuer.example/').catch(() => null);
  });
});
