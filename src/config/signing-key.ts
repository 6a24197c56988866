import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { SigningKey } from '../core/upstream-identity.ts';

const minRsaBits = 2_048;
const curves: Readonly<Record<string, SigningKey['algorithm']>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

function parseKey(text: string): { key: KeyObject; kid: string | null } | null {
  try {
    if (!text.trimStart().startsWith('{')) return { key: createPrivateKey(text), kid: null };
    const jwk = JSON.parse(text);
    const kid = typeof jwk.kid === 'string' ? jwk.kid : null;
    return { key: createPrivateKey({ key: jwk, format: 'jwk' }), kid };
  } catch {
    return null;
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject) {
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails;
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  if (asymmetricKeyType === 'rsa') return modulusLength >= minRsaBits ? 'RS256' : null;
  return asymmetricKeyType === 'ec' ? (curves[namedCurve] ?? null) : null;
}

/**
 * Reads a private key that can sign: a JWK, or PEM without a passphrase.
 *
 * @returns the key, or what is wrong with it as the end of a sentence that says nothing of the key.
 */
export function readSigningKey(text: string): SigningKey | string {
  const parsed = parseKey(text);
  if (parsed === null) return 'holds no private key as JWK or PEM without a passphrase';
  const algorithm = algorithmOf(parsed.key);
  if (algorithm === null) {
    return `holds a key that is not supported: EC (P-256, P-384, P-521), Ed25519, or RSA of ${minRsaBits} bits or more`;
  }
  const jwk = parsed.key.export({ format: 'jwk' });
  return { algorithm, jwk: { ...jwk, ...(parsed.kid !== null && { kid: parsed.kid }) } };
}
