import type { ProviderAdapter, ProviderSettings } from '../src/core/provider.ts';
import type { Claims } from '../src/core/types.ts';
import { firstString, hasForeignClaim, isUntyped } from './claims.ts';
import { commonProfile, refuseUnused } from './profile.ts';

const uses = ['audiences', 'clients', 'authority', 'scopePrefix'] as const;

const clientClaims = ['cid', 'client_id'] as const;

/** ID tokens have neither `cid` nor `scp`; what header `typ` Okta sends is not documented. */
function isAccessToken(typ: string | null, claims: Claims): boolean {
  if (hasForeignClaim(claims)) return false;
  const typed = typ === 'at+jwt' || isUntyped(typ);
  return typed && firstString(claims, ['cid']) !== null && Array.isArray(claims.scp);
}

/** `sub` is the login name, which can change hands; a client of its own has no `uid`. */
function subject(claims: Claims): string | null {
  const client = firstString(claims, clientClaims);
  return firstString(claims, ['uid']) ?? (claims.sub === client ? client : null);
}

function issuers(settings: ProviderSettings): ReturnType<ProviderAdapter['issuers']> {
  refuseUnused('okta', settings, uses);
  if (!/^https:\/\/[^/]+\/oauth2\/[^/]+$/.test(settings.issuer))
    throw new TypeError(
      `${settings.issuer} is no custom authorization server of Okta, and tokens of the org ` +
        'server are for Okta alone. Use https://<domain>/oauth2/default or ' +
        'https://<domain>/oauth2/<id>, without a trailing slash',
    );
  const common = commonProfile('okta', settings, {
    subject,
    client: clientClaims,
    scope: ['scp', 'scope'],
  });
  return [{ ...common, isAccessToken }];
}

/**
 * A custom authorization server of Okta (`/oauth2/<id>`). Users are keyed by `uid`; scopes are the
 * array `scp`, in introspection answers the string `scope`. Custom domains need
 * MCP_OAUTH_PROVIDER=okta.
 */
export const okta: ProviderAdapter<(typeof uses)[number]> = {
  name: 'okta',
  uses,
  advice:
    'Create a custom authorization server for this one MCP server, set its audience to the MCP ' +
    'URL (or MCP_OAUTH_AUDIENCE to its audience), add the scopes, and give it an access policy ' +
    'with a rule. Register each MCP client by hand and hand out its client id: Okta has no open ' +
    'registration.',
  recognizes: (issuer) =>
    /^https:\/\/[^/]+\.(?:okta|oktapreview|okta-emea)\.com(?:\/|$)/.test(issuer),
  issuers,
};
