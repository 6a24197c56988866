import { compactVerify } from 'jose';
import { DoormanError } from '../core/errors.ts';
import type { IssuerProfile, SignatureAlgorithm } from '../core/provider.ts';
import type { CompactJwt } from './compact.ts';
import type { JsonObject } from './json.ts';
import type { VerificationKey } from './jwk.ts';
import type { Keys } from './keys.ts';

/** What decides which signed texts count, apart from the keys. */
export type JwtRules = Pick<IssuerProfile, 'algorithms' | 'isAccessToken'>;

function algorithmOf({ alg }: JsonObject, profile: JwtRules): SignatureAlgorithm {
  const algorithm = profile.algorithms.find((allowed) => allowed === alg);
  if (algorithm !== undefined) return algorithm;
  const got = typeof alg === 'string' ? alg.slice(0, 32) : typeof alg;
  throw new DoormanError('algorithm_denied', { detail: { got, expected: profile.algorithms } });
}

/** A member that is absent (`null`) or a string; any other shape is no JWS header. */
function optionalString(header: JsonObject, name: 'kid' | 'typ'): string | null {
  const value = header[name];
  if (value === undefined) return null;
  if (typeof value === 'string') return value;
  throw new DoormanError('token_malformed', { detail: { header: name } });
}

/**
 * What a header says that the token is. Media types compare without case, and `application/` may be
 * left out: RFC 7515 section 4.1.9.
 *
 * @returns `null` where it says nothing.
 * @throws DoormanError `token_malformed` where `typ` is no string.
 */
export function headerType(header: JsonObject): string | null {
  return (
    optionalString(header, 'typ')
      ?.toLowerCase()
      .replace(/^application\//, '') ?? null
  );
}

async function firstThatVerifies(
  token: string,
  algorithm: SignatureAlgorithm,
  candidates: readonly VerificationKey[],
): Promise<VerificationKey | null> {
  for (const candidate of candidates) {
    const key = candidate.imported.get(algorithm);
    if (key === undefined) continue;
    try {
      await compactVerify(token, key, { algorithms: [algorithm] });
      return candidate;
    } catch {
      // The next key may be the right one; without any, the token is refused.
    }
  }
  return null;
}

/**
 * Verifies signature and kind of a JWT. Keys come from the issuer's published set alone: `jwk`,
 * `jku`, `x5u` and `x5c` in a header are ignored. No extension is understood, so any `crit` or
 * `b64` is refused (RFC 7515 section 4.1.11, RFC 7797). A signature that fails under a known `kid`
 * may mean that the issuer reused it for a new key: the set is then fetched anew, as often as for
 * an unknown `kid`, and the token tried once more.
 *
 * Not checked: the claims; `judgeClaims` does that.
 *
 * @returns identity of the key that verified.
 * @throws DoormanError `algorithm_denied`, `token_malformed`, `key_unknown`, `signature_invalid`,
 *   `type_denied`, `issuer_unavailable`.
 */
export async function verifyJwt(
  { token, header, claims }: CompactJwt,
  profile: JwtRules,
  keys: Keys,
): Promise<string> {
  const algorithm = algorithmOf(header, profile);
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64'))
    throw new DoormanError('token_malformed', { detail: { header: 'crit or b64' } });
  const kid = optionalString(header, 'kid');
  const typ = headerType(header);

  const verify = async () => firstThatVerifies(token, algorithm, await keys.find(kid, algorithm));
  const key = (await verify()) ?? ((await keys.renew()) ? await verify() : null);
  if (key === null) throw new DoormanError('signature_invalid', { detail: { algorithm } });
  if (!profile.isAccessToken(typ, claims))
    throw new DoormanError('type_denied', { detail: { typ } });
  return key.id;
}
