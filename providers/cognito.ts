import type { ProviderAdapter, ProviderSettings } from '../src/core/provider.ts';
import type { Claims } from '../src/core/types.ts';
import { firstString, hasForeignClaim, isUntyped } from './claims.ts';
import { commonProfile, refuseUnused } from './profile.ts';

const uses = ['audiences', 'clients', 'authority', 'scopePrefix'] as const;

function isAccessToken(typ: string | null, claims: Claims): boolean {
  const typed = typ === 'at+jwt' || isUntyped(typ);
  return typed && claims.token_use === 'access' && !hasForeignClaim(claims);
}

function issuers(settings: ProviderSettings): ReturnType<ProviderAdapter['issuers']> {
  refuseUnused('cognito', settings, uses);
  const { issuer, resource, clients } = settings;
  if (!/^https:\/\/[^/]+\/[^/?#]+$/.test(issuer))
    throw new TypeError(
      'A Cognito issuer is https://cognito-idp.<region>.amazonaws.com/<pool id>, not the login ' +
        `domain and without a trailing slash; ${issuer} would match no token`,
    );
  const common = commonProfile('cognito', settings, {
    subject: (claims) => firstString(claims, ['sub']),
    client: ['client_id'],
    scope: ['scope'],
    prefix: resource,
  });
  const profile = { ...common, introspects: false, isAccessToken };
  if (clients.length === 0) return [profile];
  return [
    {
      ...profile,
      audiences: [...common.audiences, ...clients],
      audience: ({ aud, client_id: client }) => (aud === undefined ? client : aud),
      caveat:
        'Tokens of the allowed clients count without `aud` too, since Cognito writes none unless ' +
        'the client sent `resource`: whatever else those clients log in for opens this server.',
    },
  ];
}

/**
 * An Amazon Cognito user pool. Tokens have `aud` only where the client sent `resource`; naming
 * clients accepts theirs without it. Scopes are `<resource server>/<name>` in requests and in
 * tokens; the policy has the name alone.
 */
export const cognito: ProviderAdapter<(typeof uses)[number]> = {
  name: 'cognito',
  uses,
  advice:
    'Use the Essentials or Plus plan with managed login, and create a resource server whose ' +
    'identifier is the MCP URL (else set MCP_OAUTH_SCOPE_PREFIX to it), with the scopes of the ' +
    'policy. Clients that do not send `resource` get tokens without `aud`: name them in ' +
    'MCP_OAUTH_ALLOWED_CLIENTS to accept those. Register each MCP client by hand with its exact ' +
    'callback port. Cognito has no introspection.',
  recognizes: (issuer) =>
    /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?(?:\/|$)/.test(issuer),
  issuers,
};
