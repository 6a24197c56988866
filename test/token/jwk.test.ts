import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SignatureAlgorithm } from '../../src/core/provider.ts';
import { readKey } from '../../src/token/jwk.ts';

const algorithms: SignatureAlgorithm[] = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
let rsa: JWK;
let ec: JWK;
let ecSecret: JWK;
let weak: JWK;
let okp: JWK;

async function publicJwk(alg: string): Promise<JWK> {
  return exportJWK((await generateKeyPair(alg, { extractable: true })).publicKey);
}

beforeAll(async () => {
  rsa = await publicJwk('RS256');
  okp = await publicJwk('EdDSA');
  const pair = await generateKeyPair('ES256', { extractable: true });
  ec = await exportJWK(pair.publicKey);
  ecSecret = await exportJWK(pair.privateKey);
  const small = await crypto.subtle.generateKey(
    {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    true,
    ['sign', 'verify'],
  );
  weak = await exportJWK(small.publicKey);
});

describe('readKey', () => {
  it.each<[string, () => JWK, string[]]>([
    ['RSA without alg', () => rsa, ['RS256', 'PS256']],
    ['RSA with alg', () => ({ ...rsa, alg: 'PS256' }), ['PS256']],
    ['P-256', () => ec, ['ES256']],
    ['Ed25519', () => okp, ['EdDSA', 'Ed25519']],
    ['Ed25519 with alg', () => ({ ...okp, alg: 'EdDSA' }), ['EdDSA']],
    ['use sig', () => ({ ...ec, use: 'sig' }), ['ES256']],
    ['key_ops with verify', () => ({ ...ec, key_ops: ['verify'] }), ['ES256']],
    [
      'members it does not know',
      () => ({ ...ec, x5c: ['!'], ext: 'x' }) as unknown as JWK,
      ['ES256'],
    ],
  ])('binds a key to the algorithms of its family: %s', async (_, jwk, served) => {
    const key = await readKey({ ...jwk(), kid: 'k' }, algorithms);
    expect(key).toMatchObject({ usable: true, kid: 'k' });
    expect(key.usable ? [...key.imported.keys()] : []).toEqual(served);
  });

  it.each<[string, () => unknown, string]>([
    ['a symmetric key', () => ({ kty: 'oct', k: 'c2VjcmV0' }), 'holds a secret'],
    ['a private key', () => ecSecret, 'holds a secret'],
    ['an RSA prime', () => ({ ...rsa, p: 'AQAB' }), 'holds a secret'],
    ['use enc', () => ({ ...rsa, use: 'enc' }), 'use is not sig'],
    ['key_ops without verify', () => ({ ...ec, key_ops: ['sign'] }), 'key_ops lacks verify'],
    ['key_ops that is no array', () => ({ ...ec, key_ops: 'verify' }), 'key_ops lacks verify'],
    ['1024 bits', () => weak, 'RSA key of 1024 bits'],
    ['exponent 1', () => ({ ...rsa, e: 'AQ' }), 'RSA exponent 1'],
    ['exponent 3', () => ({ ...rsa, e: 'Aw' }), 'RSA exponent 3'],
    ['an unknown kty', () => ({ kty: 'AKP', pub: 'x' }), 'unsupported kty or crv'],
    ['an inherited name as kty', () => ({ kty: '__proto__' }), 'unsupported kty or crv'],
    ['an unknown curve', () => ({ ...ec, crv: 'secp256k1' }), 'unsupported kty or crv'],
    ['a curve of another type', () => ({ ...ec, crv: 'Ed25519' }), 'unsupported kty or crv'],
    ['an encryption alg', () => ({ ...rsa, alg: 'RSA-OAEP' }), 'no allowed alg'],
    ['HS256', () => ({ ...rsa, alg: 'HS256' }), 'no allowed alg'],
    ['alg of another family', () => ({ ...ec, alg: 'RS256' }), 'no allowed alg'],
    ['alg off the allow-list', () => ({ ...rsa, alg: 'RS512' }), 'no allowed alg'],
    ['alg that is no string', () => ({ ...rsa, alg: 7 }), 'no allowed alg'],
    ['a numeric kid', () => ({ ...ec, kid: 7 }), 'kid is no string'],
    ['missing material', () => ({ kty: 'EC', crv: 'P-256' }), 'malformed key material'],
    ['a point off the curve', () => ({ ...ec, y: ec.x }), 'malformed key material'],
    ['a modulus that is no string', () => ({ ...rsa, n: 7 }), 'RSA key of 0 bits'],
    ['null', () => null, 'no JSON object'],
    ['an array', () => [], 'no JSON object'],
    ['a string', () => 'key', 'no JSON object'],
  ])('refuses %s', async (_, jwk, reason) => {
    expect(await readKey(jwk(), algorithms)).toMatchObject({ usable: false, reason });
  });

  it('gives the same key the same identity, and another kid, alg or key another', async () => {
    const id = async (jwk: JWK) => {
      const key = await readKey(jwk, algorithms);
      return key.usable ? key.id : null;
    };
    const original = await id({ ...rsa, kid: 'a' });
    expect(original).not.toBeNull();
    expect(await id({ kid: 'a', use: 'sig', ...rsa })).toBe(original);
    expect(await id({ ...rsa, kid: 'b' })).not.toBe(original);
    expect(await id({ ...rsa, kid: 'a', alg: 'RS256' })).not.toBe(original);
    expect(await id({ ...(await publicJwk('RS256')), kid: 'a' })).not.toBe(original);
  });
});
