import { DoormanError } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { type IssuerProfile, signatureAlgorithms } from '../core/provider.ts';
import type { Principal } from '../core/types.ts';
import { createTokenCache } from './cache.ts';
import { judgeClaims } from './claims.ts';
import { hasTokenLength, parseCompact } from './compact.ts';
import { createDiscovery } from './discovery.ts';
import { verifyJwt } from './jwt.ts';
import { createKeys, type Keys } from './keys.ts';

/** Turns access tokens into principals. */
export interface Verifier {
  /**
   * @param token the credential of an `Authorization: Bearer` header, without the scheme.
   * @throws DoormanError why the token is refused, or `issuer_unavailable` where that cannot be
   *   decided. `token_expired` carries the held scopes.
   */
  verify(token: string): Promise<Principal>;
  /** Whether the keys of every issuer are loaded; tries to load missing ones. Never rejects. */
  ready(): Promise<boolean>;
}

export interface VerifierOptions {
  readonly issuers: readonly IssuerProfile[];
  readonly ports: Ports;
}

interface TrustedIssuer {
  readonly profile: IssuerProfile;
  readonly keys: Keys;
}

/** Nothing here may be empty: an unset audience or algorithm list would mean "any". */
function checkProfile({ issuer, audiences, algorithms }: IssuerProfile): void {
  if (audiences.length === 0 || audiences.some((audience) => audience.trim() === ''))
    throw new TypeError(`audiences of issuer ${issuer} must name at least one audience`);
  const known = algorithms.every((algorithm) => signatureAlgorithms.includes(algorithm));
  if (algorithms.length === 0 || !known)
    throw new TypeError(`algorithms of issuer ${issuer} must be asymmetric JWS algorithms`);
}

function trust(profile: IssuerProfile, ports: Ports): TrustedIssuer {
  checkProfile(profile);
  const { issuer } = profile;
  const algorithms = [...profile.algorithms];
  const discovery = createDiscovery({ issuer, ports });
  return {
    profile: { ...profile, algorithms, audiences: [...profile.audiences] },
    keys: createKeys({ issuer, algorithms, discovery, ports }),
  };
}

/**
 * Verifies JWT access tokens of the given issuers, and nothing else: the token's own `iss` selects
 * one of them by exact string before anything is fetched. Results are cached under a digest of the
 * whole token, and requests that bring the same new token share one verification. Nothing is
 * fetched until the first `verify` or `ready`.
 *
 * Not checked: scopes; that is the policy's work.
 *
 * @throws TypeError when no issuer is given, one is given twice, or one lacks audiences or
 *   algorithms, or is no https URL (http only on loopback).
 */
export function createVerifier({ issuers, ports }: VerifierOptions): Verifier {
  const trusted = new Map(issuers.map((profile) => [profile.issuer, trust(profile, ports)]));
  if (issuers.length === 0) throw new TypeError('issuers must name at least one issuer');
  if (trusted.size < issuers.length) throw new TypeError('issuers must not repeat an issuer');
  const cache = createTokenCache(ports.clock);
  const pending = new Map<string, Promise<Principal>>();

  async function judge(token: string, cacheKey: string): Promise<Principal> {
    const jwt = parseCompact(token);
    const { iss } = jwt.claims;
    const issuer = typeof iss === 'string' ? trusted.get(iss) : undefined;
    if (issuer === undefined)
      throw new DoormanError('issuer_untrusted', {
        detail: { got: typeof iss === 'string' ? iss : typeof iss, expected: [...trusted.keys()] },
      });
    const keyId = await verifyJwt(jwt, issuer.profile, issuer.keys);
    const principal = judgeClaims(jwt.claims, issuer.profile, ports.clock);
    cache.accept(cacheKey, { principal, isCurrent: () => issuer.keys.isCurrent(keyId) });
    return principal;
  }

  async function judgeOnce(token: string, cacheKey: string): Promise<Principal> {
    try {
      return await judge(token, cacheKey);
    } catch (error) {
      if (error instanceof DoormanError) cache.refuse(cacheKey, error);
      throw error;
    } finally {
      pending.delete(cacheKey);
    }
  }

  return {
    async verify(token) {
      if (!hasTokenLength(token)) throw new DoormanError('token_malformed');
      const cacheKey = await ports.digest(`Bearer ${token}`);
      const known = cache.find(cacheKey);
      if (known instanceof DoormanError) throw known;
      if (known !== null) return known;
      const running = pending.get(cacheKey) ?? judgeOnce(token, cacheKey);
      pending.set(cacheKey, running);
      return running;
    },

    async ready() {
      const loaded = await Promise.all([...trusted.values()].map(({ keys }) => keys.ready()));
      return loaded.every(Boolean);
    },
  };
}
