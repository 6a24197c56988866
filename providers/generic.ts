import type { IssuerProfile, ProviderAdapter, ProviderSettings } from '../src/core/provider.ts';
import { parseScopes } from '../src/core/scopes.ts';
import type { Claims } from '../src/core/types.ts';

/** Claims that only ID tokens (OpenID Connect Core section 2) and event tokens (RFC 8417) carry. */
const foreignClaims = ['nonce', 'at_hash', 'c_hash', 'events'] as const;

/** Header `typ` values that say nothing; RFC 9068 section 2.1 wants `at+jwt`, many issuers do not. */
const untyped: ReadonlySet<string | null> = new Set([null, 'jwt']);

function isAccessToken(typ: string | null, claims: Claims): boolean {
  if (foreignClaims.some((name) => name in claims)) return false;
  if (typ === 'at+jwt') return true;
  if (!untyped.has(typ)) return false;
  const payloadTyp = claims.typ;
  const scoped = 'scope' in claims || 'scp' in claims;
  return scoped && (payloadTyp === undefined || payloadTyp === 'Bearer' || payloadTyp === 'DPoP');
}

function firstString(claims: Claims, names: readonly string[]): string | null {
  for (const name of names) {
    const value = claims[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

function principal(claims: Claims): ReturnType<IssuerProfile['principal']> {
  const subject = claims.sub;
  if (subject !== undefined && (typeof subject !== 'string' || subject === '')) return null;
  return {
    subject: subject ?? null,
    clientId: firstString(claims, ['client_id', 'azp', 'cid', 'appid']),
    scopes: parseScopes(claims.scope ?? claims.scp),
  };
}

function issuer({ issuer, resource, audiences }: ProviderSettings): IssuerProfile {
  return {
    issuer,
    audiences: audiences.length > 0 ? audiences : [resource],
    algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'],
    isAccessToken,
    principal,
  };
}

/**
 * Any issuer with RFC 8414 or OpenID Connect discovery whose access tokens are JWTs.
 * Subject `sub`; scopes from `scope`, else `scp`. Without header `typ: at+jwt` (RFC 9068) a token
 * counts as an access token only by a scope claim and the absence of everything an ID token has.
 */
export const generic: ProviderAdapter = {
  name: 'generic',
  advice:
    'The issuer must publish RFC 8414 or OpenID Connect discovery, sign access tokens as JWTs ' +
    'with an asymmetric algorithm, and put the resource URL into `aud` (RFC 8707), or set ' +
    'MCP_OAUTH_AUDIENCE to what it puts there.',
  issuer,
};
