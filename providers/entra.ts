import type { IssuerProfile, ProviderAdapter, ProviderSettings } from '../src/core/provider.ts';
import { parseScopes } from '../src/core/scopes.ts';
import type { Claims } from '../src/core/types.ts';
import { narrowScopes } from './authority.ts';
import { firstString, hasForeignClaim, isUntyped } from './claims.ts';
import { commonProfile, isAcceptedClient, refuseUnused } from './profile.ts';

const uses = ['audiences', 'clients', 'tenants', 'authority', 'scopePrefix'] as const;

const guid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const issuerForm = new RegExp(`^(https://login\\.microsoftonline\\.(?:com|us))/(${guid})/v2\\.0$`);
const clientClaims = ['azp', 'appid'] as const;

/** Microsoft Graph signs in a way that nobody else can verify. */
const graph = ['00000003-0000-0000-c000-000000000000', 'https://graph.microsoft.com'];

/**
 * ID tokens may hold `ver` and `roles` as well, for the same `aud` where client and API are one
 * registration; they have no client claim.
 */
function accessTokenTest(version: string): IssuerProfile['isAccessToken'] {
  return (typ, claims) =>
    (isUntyped(typ) || typ === 'at+jwt') &&
    !hasForeignClaim(claims) &&
    claims.ver === version &&
    firstString(claims, clientClaims) !== null &&
    (typeof claims.scp === 'string' || isAppOnly(claims));
}

/** What an application gets for itself: the roles an administrator gave it, and no `scp`. */
function isAppOnly({ scp, roles, idtyp = 'app' }: Claims): boolean {
  return scp === undefined && idtyp === 'app' && Array.isArray(roles) && roles.length > 0;
}

function readTenant(settings: ProviderSettings): readonly [host: string, tenant: string] {
  const [, host, tenant] = issuerForm.exec(settings.issuer) ?? [];
  if (host === undefined || tenant === undefined)
    throw new TypeError(
      `${settings.issuer} is not the issuer of one tenant: common, organizations, consumers, ` +
        'domain names and v1 issuers stand in no token. Use ' +
        'https://login.microsoftonline.com/<tenant id>/v2.0, and MCP_OAUTH_ALLOWED_TENANTS for more',
    );
  const { audiences, tenants } = settings;
  if (audiences.length === 0 || audiences.some((audience) => graph.includes(audience)))
    throw new TypeError(
      'Entra ID writes the application (client) id of the API into `aud`, not the MCP URL: set ' +
        'MCP_OAUTH_AUDIENCE to that id of your own app registration (Microsoft Graph cannot be it)',
    );
  if (tenants.length > 0 && !tenants.includes(tenant))
    throw new TypeError(
      `MCP_OAUTH_ALLOWED_TENANTS must hold ${tenant}, where the issuer sends people to log in`,
    );
  const odd = tenants.find((id) => !new RegExp(`^${guid}$`).test(id));
  if (odd !== undefined)
    throw new TypeError(`MCP_OAUTH_ALLOWED_TENANTS: ${odd} is no tenant id (a GUID in lower case)`);
  return [host, tenant];
}

function tenantProfiles(settings: ProviderSettings, host: string, tenant: string): IssuerProfile[] {
  const common = commonProfile('entra', settings, {
    subject: (claims) => firstString(claims, ['oid']),
    client: clientClaims,
    scope: ['scp'],
    prefix: settings.resource,
  });
  const principal: IssuerProfile['principal'] = (claims) => {
    if (claims.tid !== tenant) return null;
    if (!isAppOnly(claims)) {
      const fields = common.principal(claims);
      return fields === null ? null : { ...fields, tenant };
    }
    const subject = firstString(claims, ['oid']);
    const clientId = firstString(claims, clientClaims);
    if (subject === null || !isAcceptedClient(clientId, settings)) return null;
    const roles = settings.authority.includes('roles')
      ? parseScopes(claims.roles)
      : new Set<string>();
    return { subject, clientId, scopes: narrowScopes(roles, claims, settings), tenant };
  };
  const v2 = {
    ...common,
    introspects: false,
    issuer: `${host}/${tenant}/v2.0`,
    advertised: settings.issuer === `${host}/${tenant}/v2.0`,
    isAccessToken: accessTokenTest('2.0'),
    principal,
  };
  const v1 = {
    ...v2,
    issuer: `https://sts.windows.net/${tenant}/`,
    advertised: false,
    discoveryUrl: `${host}/${tenant}/.well-known/openid-configuration`,
    isAccessToken: accessTokenTest('1.0'),
  };
  return [v2, v1];
}

function issuers(settings: ProviderSettings): ReturnType<ProviderAdapter['issuers']> {
  refuseUnused('entra', settings, uses);
  const [host, tenant] = readTenant(settings);
  const all = new Set([tenant, ...settings.tenants]);
  return [...all].flatMap((id) => tenantProfiles(settings, host, id));
}

/**
 * Microsoft Entra ID, one tenant or a list of them, v2 and v1 tokens. A user is `tid` and `oid`,
 * since `sub` differs by application. Scopes are asked for as `<App ID URI>/<name>` and stand in
 * `scp` by name. An application without a user has `roles` instead, which count only where asked
 * for.
 */
export const entra: ProviderAdapter<(typeof uses)[number]> = {
  name: 'entra',
  uses,
  advice:
    'In the app registration of the API set requestedAccessTokenVersion to 2, add the MCP URL to ' +
    'identifierUris (no trailing slash; on a host name that the tenant has verified) and expose ' +
    'the scopes by their short names. Set MCP_OAUTH_AUDIENCE to its application (client) id: ' +
    'that, and not the URL, is what tokens carry. Clients are registered by hand. Entra ID has ' +
    'no introspection.',
  recognizes: (issuer) =>
    /^https:\/\/(?:login\.microsoftonline\.(?:com|us)|sts\.windows\.net)(?:\/|$)/.test(issuer),
  issuers,
};
