import { base64url, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { readKey } from '../../src/token/jwk.ts';
import { hasRocaFingerprint } from '../../src/token/roca.ts';

/** Product of all primes up to 167, as the flawed library used it. */
function primorial(): bigint {
  let product = 1n;
  for (let n = 2n; n <= 167n; n++) if (product % n !== 0n && isPrime(n)) product *= n;
  return product;
}

function isPrime(n: bigint): boolean {
  for (let divisor = 2n; divisor * divisor <= n; divisor++) if (n % divisor === 0n) return false;
  return true;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let i = 0n; i < exponent; i++) result = (result * base) % modulus;
  return result;
}

function bytesOf(n: bigint): Uint8Array {
  const hex = n.toString(16);
  const even = hex.padStart(hex.length + (hex.length % 2), '0');
  return Uint8Array.from(even.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A number of 2,048 bits with the structure of a flawed modulus; nobody checks that it factors. */
function flawed(exponent: bigint): bigint {
  const product = primorial();
  const start = power(65_537n, exponent, product);
  return start + product * ((1n << 2_047n) / product + 1n);
}

describe('the ROCA fingerprint', () => {
  it.each([1n, 2n, 77n, 4_096n])('is on a modulus built from 65537 to the %s', (exponent) => {
    expect(hasRocaFingerprint(bytesOf(flawed(exponent)))).toBe(true);
  });

  it('is not on its neighbours, nor on keys made here', async () => {
    const modulus = flawed(77n);
    for (const n of [modulus - 2n, modulus + 2n])
      expect(hasRocaFingerprint(bytesOf(n))).toBe(false);
    const { publicKey } = await generateKeyPair('RS256', { extractable: true });
    const { n = '' } = await exportJWK(publicKey);
    expect(hasRocaFingerprint(base64url.decode(n))).toBe(false);
  });

  it('keeps a published key from verifying anything', async () => {
    const n = base64url.encode(bytesOf(flawed(77n)));
    expect(await readKey({ kty: 'RSA', n, e: 'AQAB', kid: 'chip' }, ['RS256'])).toEqual({
      usable: false,
      kid: 'chip',
      reason: 'RSA key of a flawed chip (ROCA)',
    });
  });
});
