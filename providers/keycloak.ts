import type { ProviderAdapter, ProviderSettings } from '../src/core/provider.ts';
import { parseScopes } from '../src/core/scopes.ts';
import type { Claims } from '../src/core/types.ts';
import { accessAnswerTest } from './access-answer.ts';
import type { ReadAuthority } from './authority.ts';
import { firstString, hasForeignClaim, isUntyped, membersOf } from './claims.ts';
import { commonProfile, refuseUnused } from './profile.ts';

const uses = ['audiences', 'clients', 'authority', 'scopePrefix'] as const;

/**
 * Everything a realm signs verifies with the same keys: ID, logout, JARM and signed userinfo. The
 * payload `typ` tells them apart, and those without one are no access tokens. Old releases put
 * `nonce` into access tokens.
 */
function isAccessToken(typ: string | null, claims: Claims): boolean {
  if (hasForeignClaim(claims, ['nonce'])) return false;
  if (typ !== 'at+jwt' && !isUntyped(typ)) return false;
  if (claims.typ === undefined) return typ === 'at+jwt' && !('nonce' in claims);
  return claims.typ === 'Bearer' || claims.typ === 'DPoP';
}

/** Realm roles, and client roles of whatever client is an accepted audience. */
function rolesOf(audiences: readonly string[]): ReadAuthority {
  return (claims, name) => {
    if (name !== 'roles') return parseScopes(claims[name]);
    const byClient = membersOf(claims.resource_access);
    const holders = [claims.realm_access, ...audiences.map((client) => byClient[client])];
    return new Set(holders.flatMap((holder) => [...parseScopes(membersOf(holder).roles)]));
  };
}

function issuers(settings: ProviderSettings): ReturnType<ProviderAdapter['issuers']> {
  refuseUnused('keycloak', settings, uses);
  const { issuer, resource, audiences } = settings;
  if (!/^https?:\/\/[^?#]+\/realms\/[^/?#]+$/.test(issuer))
    throw new TypeError(
      'A Keycloak issuer is https://<host>/realms/<realm> without a trailing slash: tokens carry ' +
        `it that way, and ${issuer} would match none of them`,
    );
  const isAccessAnswer = accessAnswerTest(resource);
  const common = commonProfile('keycloak', settings, {
    subject: (claims) => firstString(claims, ['sub']),
    client: ['client_id', 'azp'],
    scope: ['scope'],
    authority: rolesOf([...audiences, resource]),
  });
  return [
    {
      ...common,
      algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'],
      isAccessToken,
      isAccessAnswer: (answer) =>
        isAccessAnswer(answer) && firstString(answer, ['token_type', 'typ']) !== null,
    },
  ];
}

/**
 * A Keycloak realm. `azp` is never an audience. A token without `sub`, such as a lightweight one,
 * names nobody and is refused; introspection restores what it lacks.
 */
export const keycloak: ProviderAdapter<(typeof uses)[number]> = {
  name: 'keycloak',
  uses,
  advice:
    'Put an Audience mapper with the MCP URL as custom audience into each client scope that MCP ' +
    'clients ask for: Keycloak ignores `resource`. Start it with --hostname, so that the issuer ' +
    'is one public string. For introspection since 26.6.2 our own client must be in `aud` too: ' +
    'add a second Audience mapper that names it. An `active: false` for every token means that ' +
    'it is missing. Lightweight access tokens need introspection.',
  recognizes: (issuer) => /^https?:\/\/[^?#]+\/realms\/[^/?#]+\/?$/.test(issuer),
  issuers,
};
