import type {
  Grant,
  LookupDialect,
  ProviderAdapter,
  ProviderSettings,
} from '../src/core/provider.ts';
import { isScope } from '../src/core/scopes.ts';
import type { Claims } from '../src/core/types.ts';
import { firstString, hasForeignClaim, membersOf } from './claims.ts';
import { isAcceptedClient, refuseUnused } from './profile.ts';

const uses = ['clients', 'grants'] as const;

const issuer = 'https://accounts.google.com';

/** Google has no scopes of ours; this one makes its answer name the user's e-mail address. */
const requestedScope = 'https://www.googleapis.com/auth/userinfo.email';

/** Google writes numbers and booleans as strings here; a POST keeps the token out of URLs. */
const tokeninfo: LookupDialect = {
  request: (token) => ({
    url: 'https://oauth2.googleapis.com/tokeninfo',
    body: new URLSearchParams({ access_token: token }),
  }),
  read(status, answer) {
    if (status === 400) return 'inactive';
    const claims = membersOf(answer);
    const exp = /^\d{1,15}$/.test(`${claims.exp}`) ? Number(claims.exp) : null;
    if (status !== 200 || exp === null) return null;
    return { ...claims, exp, email_verified: `${claims.email_verified}` === 'true' };
  },
};

/** All that a grant names must hold; only a verified address is anybody's. */
function matches({ email, hostedDomain, group }: Grant, claims: Claims): boolean {
  const address = claims.email_verified === true ? firstString(claims, ['email']) : null;
  const domain = firstString(claims, ['hd']);
  const groups: readonly unknown[] = Array.isArray(claims.groups) ? claims.groups : [];
  return (
    (email === undefined || address?.toLowerCase() === email.toLowerCase()) &&
    (hostedDomain === undefined || domain?.toLowerCase() === hostedDomain.toLowerCase()) &&
    (group === undefined || groups.includes(group))
  );
}

function checkSettings(settings: ProviderSettings): void {
  refuseUnused('google', settings, uses);
  if (settings.issuer !== issuer)
    throw new TypeError(`Google's issuer is ${issuer}, without a trailing slash`);
  if (settings.clients.length === 0 || settings.clients.some((client) => client.trim() === ''))
    throw new TypeError(
      "Google's tokens name only the client they were issued to, and any application's would " +
        'count: set MCP_OAUTH_ALLOWED_CLIENTS to the client ids of your own MCP clients',
    );
  for (const { email, hostedDomain, group, scopes } of settings.grants) {
    if (![email, hostedDomain, group].some((value) => value !== undefined && value.trim() !== ''))
      throw new TypeError('A grant must name an email, a hostedDomain or a group');
    if (scopes.length === 0 || !scopes.every(isScope))
      throw new TypeError('A grant must name scopes, each without spaces or quotes');
  }
}

function issuers(settings: ProviderSettings): ReturnType<ProviderAdapter['issuers']> {
  checkSettings(settings);
  return [
    {
      issuer,
      provider: 'google',
      advertised: true,
      kinds: ['opaque'],
      audiences: settings.clients,
      audience: ({ aud }) => aud,
      algorithms: ['RS256'],
      introspects: false,
      discoveryUrl: null,
      lookup: tokeninfo,
      isAccessToken: () => false,
      isAccessAnswer: (answer) =>
        typeof answer.scope === 'string' && !('iss' in answer) && !hasForeignClaim(answer),
      principal(claims) {
        const subject = firstString(claims, ['sub']);
        const clientId = firstString(claims, ['azp', 'aud']);
        if (subject === null || !isAcceptedClient(clientId, settings)) return null;
        const granted = settings.grants.filter((grant) => matches(grant, claims));
        return { subject, clientId, scopes: new Set(granted.flatMap(({ scopes }) => scopes)) };
      },
      requestScope: () => requestedScope,
      caveat:
        'Google access tokens are not audience-bound: every token of an allowed client opens ' +
        'this server, whatever it was issued for. A broker that issues tokens for the MCP URL is safer.',
    },
  ];
}

/**
 * Google, by its tokeninfo look-up, since its access tokens are opaque and its JWTs are ID tokens
 * only. Scopes are those of the grants that match the user, and nothing of Google's own.
 */
export const google: ProviderAdapter<(typeof uses)[number]> = {
  name: 'google',
  uses,
  advice:
    'Create an OAuth client for each MCP client product, and name their ids in ' +
    'MCP_OAUTH_ALLOWED_CLIENTS: Google ignores `resource`, so the client is all that a token is ' +
    'bound to. Google has no scopes of yours: give them in the configuration file, as grants by ' +
    'e-mail address. For tokens made for this server put Keycloak, Auth0 or another broker before Google.',
  recognizes: (text) => /^https:\/\/accounts\.google\.com(?:\/|$)/.test(text),
  issuers,
};
