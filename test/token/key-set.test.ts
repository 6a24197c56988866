import { describe, expect, it } from 'vitest';
import { fetchKeySet } from '../../src/token/key-set.ts';
import { signingKey, testPorts } from '../support/issuer.ts';

async function read(document: unknown) {
  const ports = testPorts(async () => Response.json(document));
  return fetchKeySet('https://idp.example/jwks', ['ES256'], ports);
}

describe('fetchKeySet', () => {
  it('separates usable keys from unusable ones', async () => {
    const { jwk } = await signingKey('good');
    expect(await read({ keys: [jwk, { kty: 'oct', k: 'AA', kid: 'bad' }] })).toMatchObject({
      ok: true,
      value: {
        keys: [{ kid: 'good' }],
        unusable: [{ kid: 'bad', reason: 'holds a secret' }],
      },
    });
  });

  it.each([
    ['no keys member', {}, 'no keys array'],
    ['keys that are no array', { keys: {} }, 'no keys array'],
    ['an empty set', { keys: [] }, 'no usable key'],
    [
      'only unusable keys',
      { keys: [null, 7, { kty: 'oct', k: 'AA' }] },
      'no usable key, no JSON object, holds a secret',
    ],
    ['20,000 keys', { keys: Array.from({ length: 20_000 }, () => ({})) }, '20000 keys'],
  ])('fails on %s', async (_, document, got) => {
    expect(await read(document)).toMatchObject({ ok: false, got });
  });
});
