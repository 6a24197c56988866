import type { ProviderAdapter, ProviderSettings } from '../src/core/provider.ts';
import type { Claims } from '../src/core/types.ts';
import { hasForeignClaim, isUntyped } from './claims.ts';
import { commonProfile, refuseUnused } from './profile.ts';

const uses = ['audiences', 'clients', 'authority', 'scopePrefix'] as const;

/** Marks of the payload that some issuers write; where one is given, it must say access token. */
function isMarkedForeign({ typ = 'Bearer', token_use: use = 'access' }: Claims): boolean {
  return !((typ === 'Bearer' || typ === 'DPoP') && (use === 'access' || use === 'access_token'));
}

function isAccessToken(typ: string | null, claims: Claims): boolean {
  if (hasForeignClaim(claims)) return false;
  if (typ === 'at+jwt') return true;
  return isUntyped(typ) && ('scope' in claims || 'scp' in claims) && !isMarkedForeign(claims);
}

function subject({ sub }: Claims): string | null | undefined {
  if (sub === undefined) return undefined;
  return typeof sub === 'string' && sub !== '' ? sub : null;
}

function issuers(settings: ProviderSettings): ReturnType<ProviderAdapter['issuers']> {
  refuseUnused('generic', settings, uses);
  const common = commonProfile('generic', settings, {
    subject,
    client: ['client_id', 'azp', 'cid', 'appid'],
    scope: ['scope', 'scp'],
  });
  return [
    {
      ...common,
      kinds: ['jwt', 'opaque'],
      algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'],
      isAccessToken,
    },
  ];
}

/**
 * Any issuer with RFC 8414 or OpenID Connect discovery whose access tokens are JWTs, or opaque and
 * open to introspection. Subject `sub`; scopes from `scope`, else `scp`. Without header
 * `typ: at+jwt` (RFC 9068) a token counts as an access token only by a scope claim and the absence
 * of everything an ID token has.
 */
export const generic: ProviderAdapter<(typeof uses)[number]> = {
  name: 'generic',
  uses,
  advice:
    'The issuer must publish RFC 8414 or OpenID Connect discovery, sign access tokens as JWTs ' +
    'with an asymmetric algorithm, and put the resource URL into `aud` (RFC 8707), or set ' +
    'MCP_OAUTH_AUDIENCE to what it puts there. Opaque access tokens need introspection: ' +
    'MCP_OAUTH_CLIENT_ID and MCP_OAUTH_CLIENT_SECRET.',
  recognizes: () => true,
  issuers,
};
