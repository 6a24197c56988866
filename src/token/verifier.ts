import { DoormanError } from '../core/errors.ts';
import type { TrustedIssuer } from '../core/issuer.ts';
import type { Ports } from '../core/ports.ts';
import type { StaticToken } from '../core/static-token.ts';
import type { Principal } from '../core/types.ts';
import { judgeAnswer } from './answer.ts';
import { createTokenCache, introspectedLifeMs, signedLifeMs } from './cache.ts';
import { judgeClaims } from './claims.ts';
import { credentialsToSet } from './client-auth.ts';
import { type CompactJwt, hasTokenLength } from './compact.ts';
import { verifyJwt } from './jwt.ts';
import { createRoute, type Route } from './route.ts';
import { createStaticTokens } from './static-tokens.ts';
import { type Trusted, trust } from './trusted.ts';

/** Turns access tokens into principals. */
export interface Verifier {
  /**
   * @param token the credential of an `Authorization` header, without the scheme.
   * @throws DoormanError why the token is refused, or `issuer_unavailable` where that cannot be
   *   decided. `token_expired` carries the held scopes.
   */
  verify(token: string): Promise<Principal>;
  /**
   * Verifies a token and has its issuer say right now that it is active, whatever is remembered. A
   * JWT then counts with the scopes that both it and the issuer name.
   *
   * @throws DoormanError as `verify`; `issuer_unavailable` too where the issuer cannot be asked.
   */
  recheck(token: string): Promise<Principal>;
  /** Whether tokens of every issuer can be verified; tries what was never tried. Never rejects. */
  ready(): Promise<boolean>;
}

export interface VerifierOptions {
  readonly issuers: readonly TrustedIssuer[];
  readonly staticTokens: readonly StaticToken[];
  readonly ports: Ports;
}

/**
 * Verifies access tokens of the given issuers, and static tokens, and nothing else. Each kind of
 * token has one way: a static token by its hash; a JWT by its own `iss`, which selects an issuer by
 * exact string before anything is fetched, and then by signature or introspection as that issuer is
 * set up; an opaque token by the one issuer that can be asked. Nothing falls back to another way.
 * Results are cached under a digest of the whole token, and requests that bring the same new token
 * share one verification. Nothing is fetched until the first `verify`, `recheck` or `ready`.
 *
 * Not checked: scopes, which is the policy's work, and proof of possession (`cnf`).
 *
 * @throws TypeError when there is neither issuer nor static token, an issuer is given twice or
 *   cannot be used as it is set up, or several issuers would be asked about opaque tokens.
 */
export function createVerifier({ issuers, staticTokens, ports }: VerifierOptions): Verifier {
  if (issuers.length + staticTokens.length === 0)
    throw new TypeError('issuers must name at least one issuer, or staticTokens one token');
  const trusted = issuers.map((issuer) => trust(issuer, ports));
  const routeOf = createRoute(trusted);
  const ownTokens = staticTokens.length > 0 ? createStaticTokens(staticTokens, ports) : null;
  const cache = createTokenCache(ports.clock);
  const pending = new Map<string, Promise<Principal>>();

  async function bySignature(jwt: CompactJwt, by: Trusted, cacheKey: string): Promise<Principal> {
    const keyId = await verifyJwt(jwt, by.profile, by.keys);
    const principal = judgeClaims(jwt.claims, by.profile, ports.clock);
    const isCurrent = (): boolean => by.keys.isCurrent(keyId);
    cache.accept(cacheKey, { principal, isCurrent, lifeMs: signedLifeMs });
    return principal;
  }

  async function byInquiry(token: string, { by, jwt }: Route): Promise<Principal> {
    const { issuer } = by.profile;
    if (by.inquiry === null)
      throw new DoormanError('issuer_unavailable', {
        detail: { issuer, got: 'no client to introspect with', set: credentialsToSet },
      });
    return judgeAnswer(await by.inquiry.ask(token), jwt, by.profile, ports.clock);
  }

  function acceptAnswer(cacheKey: string, principal: Principal): Principal {
    cache.accept(cacheKey, { principal, isCurrent: () => true, lifeMs: introspectedLifeMs });
    return principal;
  }

  async function judge(token: string, cacheKey: string): Promise<Principal> {
    const own = await ownTokens?.find(token);
    if (own) return own;
    const route = routeOf(token);
    return route.path === 'signature'
      ? bySignature(route.jwt, route.by, cacheKey)
      : acceptAnswer(cacheKey, await byInquiry(token, route));
  }

  async function judgeNow(token: string, cacheKey: string): Promise<Principal> {
    const own = await ownTokens?.find(token);
    if (own) return own;
    const route = routeOf(token);
    if (route.path === 'inquiry') return acceptAnswer(cacheKey, await byInquiry(token, route));
    const signed = await verify(token, cacheKey);
    const { scopes } = await byInquiry(token, route);
    return { ...signed, scopes: new Set([...signed.scopes].filter((scope) => scopes.has(scope))) };
  }

  async function remembering(work: Promise<Principal>, cacheKey: string): Promise<Principal> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof DoormanError) cache.refuse(cacheKey, error);
      throw error;
    }
  }

  async function verify(token: string, cacheKey: string): Promise<Principal> {
    const known = cache.find(cacheKey);
    if (known instanceof DoormanError) throw known;
    if (known !== null) return known;
    const running =
      pending.get(cacheKey) ??
      remembering(judge(token, cacheKey), cacheKey).finally(() => pending.delete(cacheKey));
    pending.set(cacheKey, running);
    return running;
  }

  async function keyOf(token: string): Promise<string> {
    if (!hasTokenLength(token)) throw new DoormanError('token_malformed');
    return ports.digest(token);
  }

  return {
    verify: async (token) => verify(token, await keyOf(token)),

    async recheck(token) {
      const cacheKey = await keyOf(token);
      return remembering(judgeNow(token, cacheKey), cacheKey);
    },

    async ready() {
      const states = await Promise.all(trusted.map((entry) => entry.ready()));
      return states.every(Boolean);
    },
  };
}
