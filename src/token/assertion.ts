import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import type { Clock } from '../core/ports.ts';
import type { Principal } from '../core/types.ts';
import type { AssertionSettings, SigningKey } from '../core/upstream-identity.ts';

const lifeSeconds = 60;
/** What has been signed is sent again for so long; it then has half of its life left. */
const reuseMs = 30_000;
const ephemeralAlgorithm = 'ES256';
const publicMembers = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const;

export interface AssertionOptions extends Pick<AssertionSettings, 'key' | 'claims' | 'audience'> {
  /** `iss` of what is signed: the public URL of the MCP endpoint. */
  readonly resource: string;
  readonly clock: Clock;
}

/** Signs statements of who calls, each good for a minute. */
export interface AssertionSigner {
  /** What verifies them, as a member of a JWK set (RFC 7517). */
  publicKey(): Promise<JWK>;
  /** A JWT about a principal; the same one again for a while, as long as the principal is the same. */
  sign(principal: Principal): Promise<string>;
}

interface LoadedKey {
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK & { readonly kid: string };
}

async function loadKey(key: SigningKey | null): Promise<LoadedKey> {
  const algorithm = key?.algorithm ?? ephemeralAlgorithm;
  const pair = key ? null : await generateKeyPair(algorithm, { extractable: true });
  const privateKey =
    pair?.privateKey ?? ((await importJWK({ ...key?.jwk } as JWK, algorithm)) as CryptoKey);
  const material = pair ? await exportJWK(pair.publicKey) : (key?.jwk as JWK);
  const members = publicMembers.filter((name) => material[name] !== undefined);
  const bare = Object.fromEntries(members.map((name) => [name, material[name]])) as JWK;
  const kid = key?.jwk.kid ?? (await calculateJwkThumbprint(bare));
  return { algorithm, privateKey, publicJwk: { ...bare, kid, alg: algorithm, use: 'sig' } };
}

/** The caller's own claims first: none of them can stand in for one of ours. */
function payloadOf(principal: Principal, repeated: readonly string[]): JWTPayload {
  const { issuer, subject, clientId, scopes, claims } = principal;
  const told = repeated.filter((name) => Object.hasOwn(claims, name));
  return {
    ...Object.fromEntries(told.map((name) => [name, claims[name]])),
    ...(subject !== null && { sub: subject }),
    ...(clientId !== null && { client_id: clientId }),
    scope: [...scopes].join(' '),
    idp: issuer,
  };
}

/**
 * Signs assertions for one MCP server: `iss` is the resource, `aud` the server, `sub`, `client_id`
 * and `scope` (RFC 9068 section 2.2) are those of the caller, `idp` is the issuer of the caller's
 * token, since subjects are unique within an issuer only. Without a key one is made, which nobody
 * else has.
 */
export function createAssertionSigner(options: AssertionOptions): AssertionSigner {
  const { resource, audience, claims, clock } = options;
  const loading = loadKey(options.key);
  // Whoever signs sees the failure; until then it is nobody's.
  loading.catch(() => {});
  const signed = new WeakMap<Principal, { readonly jwt: Promise<string>; readonly at: number }>();

  async function signNow(principal: Principal): Promise<string> {
    const { algorithm, privateKey, publicJwk } = await loading;
    const now = Math.floor(clock.now() / 1_000);
    return new SignJWT(payloadOf(principal, claims))
      .setProtectedHeader({ alg: algorithm, kid: publicJwk.kid, typ: 'JWT' })
      .setIssuer(resource)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + lifeSeconds)
      .setJti(crypto.randomUUID())
      .sign(privateKey);
  }

  return {
    publicKey: async () => (await loading).publicJwk,

    sign(principal) {
      const known = signed.get(principal);
      if (known !== undefined && clock.monotonic() < known.at + reuseMs) return known.jwt;
      const jwt = signNow(principal);
      signed.set(principal, { jwt, at: clock.monotonic() });
      return jwt;
    },
  };
}
