import { base64url, importJWK, type JWK } from 'jose';
import type { SignatureAlgorithm } from '../core/provider.ts';
import { hasRocaFingerprint } from './roca.ts';

/** A public key that may verify tokens, bound to the algorithms it is for. */
export interface VerificationKey {
  readonly usable: true;
  /** Equal for two publications of the same key under the same `kid` and `alg`. */
  readonly id: string;
  readonly kid: string | null;
  readonly imported: ReadonlyMap<SignatureAlgorithm, CryptoKey>;
}

/** A member of a key set that must not verify anything, and why. */
export interface UnusableKey {
  readonly usable: false;
  readonly kid: string | null;
  readonly reason: string;
}

type Family = readonly SignatureAlgorithm[];

/** By key type and curve: what a key may sign (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
const families: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['RSA', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['EC P-256', ['ES256']],
  ['EC P-384', ['ES384']],
  ['EC P-521', ['ES512']],
  ['OKP Ed25519', ['EdDSA', 'Ed25519']],
]);

const publicMembers = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const;

/** A published secret is a leaked secret; RFC 7518 sections 6.2.2, 6.3.2 and 6.4. */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;

function refusal(jwk: JWK): string | null {
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string') return 'kid is no string';
  if (secretMembers.some((name) => Object.hasOwn(jwk, name))) return 'holds a secret';
  if (jwk.use !== undefined && jwk.use !== 'sig') return 'use is not sig';
  const operations: unknown = jwk.key_ops;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return 'key_ops lacks verify';
  return null;
}

/** RFC 7518 section 3.3 asks for 2048 bits; a tiny exponent makes forgery arithmetic. */
function weakness(key: CryptoKey, { n = '' }: JWK): string | null {
  if (!('modulusLength' in key.algorithm)) return null;
  const { modulusLength, publicExponent } = key.algorithm as RsaKeyAlgorithm;
  if (modulusLength < 2048) return `RSA key of ${modulusLength} bits`;
  const exponent = publicExponent.reduce((sum, byte) => sum * 256 + byte, 0);
  if (exponent < 65_537) return `RSA exponent ${exponent}`;
  return hasRocaFingerprint(base64url.decode(n)) ? 'RSA key of a flawed chip (ROCA)' : null;
}

async function importAll(
  jwk: JWK,
  algorithms: readonly SignatureAlgorithm[],
): Promise<ReadonlyMap<SignatureAlgorithm, CryptoKey> | string> {
  const material = Object.fromEntries(publicMembers.map((name) => [name, jwk[name]])) as JWK;
  const imported = new Map<SignatureAlgorithm, CryptoKey>();
  for (const algorithm of algorithms) {
    const key = (await importJWK(material, algorithm)) as CryptoKey;
    const weak = weakness(key, material);
    if (weak !== null) return weak;
    imported.set(algorithm, key);
  }
  return imported;
}

/**
 * Screens and imports one member of a JWK set (RFC 7517). A key serves only algorithms of its own
 * family, and exactly one where it says `alg` (RFC 8725 section 3.1).
 *
 * @param algorithms the issuer's allow-list.
 * @returns the key, or why it cannot be used. Never rejects.
 */
export async function readKey(
  member: unknown,
  algorithms: readonly SignatureAlgorithm[],
): Promise<VerificationKey | UnusableKey> {
  if (typeof member !== 'object' || member === null || Array.isArray(member))
    return { usable: false, kid: null, reason: 'no JSON object' };
  const jwk = member as JWK;
  const kid = typeof jwk.kid === 'string' ? jwk.kid : null;
  const unusable = (reason: string): UnusableKey => ({ usable: false, kid, reason });

  const refused = refusal(jwk);
  if (refused !== null) return unusable(refused);
  const family = families.get(jwk.kty === 'RSA' ? 'RSA' : `${jwk.kty} ${jwk.crv}`);
  if (family === undefined) return unusable('unsupported kty or crv');
  const served = family.filter((name) => jwk.alg === undefined || jwk.alg === name);
  const allowed = served.filter((name) => algorithms.includes(name));
  if (allowed.length === 0) return unusable('no allowed alg');
  try {
    const imported = await importAll(jwk, allowed);
    if (typeof imported === 'string') return unusable(imported);
    const id = JSON.stringify([kid, jwk.alg, ...publicMembers.map((name) => jwk[name])]);
    return { usable: true, id, kid, imported };
  } catch {
    return unusable('malformed key material');
  }
}
