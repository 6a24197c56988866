import type { ProviderAdapter, ProviderSettings } from '../src/core/provider.ts';
import type { Claims } from '../src/core/types.ts';
import { firstString, hasForeignClaim, isUntyped } from './claims.ts';
import { commonProfile, refuseUnused } from './profile.ts';

const uses = ['audiences', 'clients', 'authority', 'scopePrefix'] as const;

const clientClaims = ['client_id', 'azp'] as const;

/**
 * An ID token names its client as the audience and an access token never does, so a client claim
 * apart from the audience marks the token dialect that has no `typ` of its own.
 */
function isAccessToken(typ: string | null, claims: Claims): boolean {
  if (hasForeignClaim(claims)) return false;
  if (typ === 'at+jwt') return true;
  const client = firstString(claims, clientClaims);
  const audience: readonly unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  return isUntyped(typ) && client !== null && !audience.includes(client);
}

function issuers(settings: ProviderSettings): ReturnType<ProviderAdapter['issuers']> {
  refuseUnused('auth0', settings, uses);
  if (!/^https:\/\/[^/]+\/$/.test(settings.issuer))
    throw new TypeError(
      'An Auth0 issuer is https://<domain>/ with its trailing slash and nothing behind it: tokens ' +
        `carry it that way, and ${settings.issuer} would match none of them`,
    );
  const common = commonProfile('auth0', settings, {
    subject: (claims) => firstString(claims, ['sub']),
    client: clientClaims,
    scope: ['scope'],
  });
  return [{ ...common, introspects: false, algorithms: ['RS256', 'PS256'], isAccessToken }];
}

/**
 * Auth0, both token dialects of an API. Scopes are those of `scope`; `permissions`, which names all
 * that a user may do and not what this client was given, narrows them where asked for. Custom
 * domains are issuers of their own and need MCP_OAUTH_PROVIDER=auth0.
 */
export const auth0: ProviderAdapter<(typeof uses)[number]> = {
  name: 'auth0',
  uses,
  advice:
    'Create an API whose identifier is the MCP URL, byte for byte, and switch on Settings > ' +
    'Advanced > Resource Parameter Compatibility Profile; without it Auth0 ignores `resource` and ' +
    'issues opaque tokens that only its own /userinfo reads. Leave token encryption (JWE) of the ' +
    'API off. The issuer ends in a slash. Auth0 has no introspection: keep token lifetimes short.',
  recognizes: (issuer) => /^https:\/\/[^/]+\.auth0\.com(?:\/|$)/.test(issuer),
  issuers,
};
