import { describe, expect, it } from 'vitest';
import { keySetPath, respondWithKeys } from '../../src/http/key-set.ts';

const ask = (method: string): Response =>
  respondWithKeys(new Request(`https://mcp.example${keySetPath}`, { method }), [
    { kid: 'a' },
    { kid: 'b' },
    { kid: 'a' },
  ]);

describe('respondWithKeys', () => {
  it('publishes each key once', async () => {
    const response = ask('GET');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const { keys } = (await response.json()) as { keys: { kid: string }[] };
    expect(keys.map(({ kid }) => kid).sort()).toEqual(['a', 'b']);
  });

  it('answers HEAD without a body', async () => {
    const response = ask('HEAD');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', (method) => {
    const response = ask(method);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });
});
