import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readSigningKey } from '../../src/config/signing-key.ts';

const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const rsa = (modulusLength: number): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const p256 = ec('P-256');
const pem = (key: KeyObject, type: 'pkcs8' | 'sec1' = 'pkcs8'): string =>
  key.export({ type, format: 'pem' }).toString();

describe('readSigningKey', () => {
  it.each([
    ['P-256', p256, 'ES256'],
    ['P-384', ec('P-384'), 'ES384'],
    ['P-521', ec('P-521'), 'ES512'],
    ['Ed25519', ed25519, 'EdDSA'],
    ['RSA', rsa(2_048), 'RS256'],
  ])('takes a key of %s, which names its algorithm', (_what, key, algorithm) => {
    expect(readSigningKey(pem(key))).toEqual({ algorithm, jwk: key.export({ format: 'jwk' }) });
  });

  it('takes what openssl ecparam writes', () => {
    expect(readSigningKey(pem(p256, 'sec1'))).toMatchObject({ algorithm: 'ES256' });
  });

  it('takes a JWK with its kid', () => {
    const jwk = { ...p256.export({ format: 'jwk' }), kid: '2026' };
    expect(readSigningKey(JSON.stringify(jwk))).toEqual({ algorithm: 'ES256', jwk });
  });

  it.each([
    ['nothing', ''],
    ['some text', 'cAnArY'],
    ['half a JWK', '{"kty":"EC"'],
    ['a JWK of another kind', '{"kty":"oct","k":"cAnArY"}'],
    ['a public JWK', JSON.stringify(createPublicKey(p256).export({ format: 'jwk' }))],
    ['a public PEM', createPublicKey(p256).export({ type: 'spki', format: 'pem' }).toString()],
    [
      'a PEM with a passphrase',
      p256
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'cAnArY' })
        .toString(),
    ],
  ])('finds no private key in %s, and says nothing of it', (_what, text) => {
    expect(readSigningKey(text)).toBe('holds no private key as JWK or PEM without a passphrase');
  });

  it.each([
    ['RSA of 1024 bits', rsa(1_024)],
    ['secp256k1', ec('secp256k1')],
    ['X25519', generateKeyPairSync('x25519').privateKey],
  ])('refuses %s', (_what, key) => {
    expect(readSigningKey(pem(key))).toMatch(/^holds a key that is not supported/);
  });
});
