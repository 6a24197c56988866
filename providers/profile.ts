import type { IssuerProfile, ProviderOption, ProviderSettings } from '../src/core/provider.ts';
import type { Claims } from '../src/core/types.ts';
import { accessAnswerTest } from './access-answer.ts';
import { narrowScopes, type ReadAuthority, topLevelAuthority } from './authority.ts';
import { firstString } from './claims.ts';
import { scopeNames } from './scope-prefix.ts';

/** Settings by the name an operator knows. */
const settingNames: Readonly<Record<ProviderOption, string>> = {
  audiences: 'MCP_OAUTH_AUDIENCE',
  clients: 'MCP_OAUTH_ALLOWED_CLIENTS',
  tenants: 'MCP_OAUTH_ALLOWED_TENANTS',
  authority: 'MCP_OAUTH_AUTHORITY_CLAIMS',
  scopePrefix: 'MCP_OAUTH_SCOPE_PREFIX',
  grants: 'grants',
};

/**
 * Refuses settings that the provider would ignore: a restriction that does nothing is one that the
 * operator believes in.
 *
 * @throws TypeError naming the first that is set.
 */
export function refuseUnused(
  provider: string,
  settings: ProviderSettings,
  used: readonly ProviderOption[],
): void {
  for (const [option, name] of Object.entries(settingNames) as [ProviderOption, string][]) {
    const isSet = (settings[option]?.length ?? 0) > 0;
    if (isSet && !used.includes(option))
      throw new TypeError(`${name} means nothing to provider ${provider}: remove it`);
  }
}

/**
 * Whether a client's tokens count: every client's where none is named.
 *
 * @param clientId `null` for a token that names none, which fails any list.
 */
export function isAcceptedClient(clientId: string | null, { clients }: ProviderSettings): boolean {
  return clients.length === 0 || (clientId !== null && clients.includes(clientId));
}

/** How most providers name subject, client and scopes, where they differ from the common way. */
export interface PrincipalClaims {
  /** `undefined` where the token names no subject, `null` where it does so unreadably. */
  subject(claims: Claims): string | null | undefined;
  readonly client: readonly string[];
  /** The first one present counts. */
  readonly scope: readonly string[];
  /** Where `permissions` and `roles` stand, if not at the top. */
  readonly authority?: ReadAuthority;
  /** Default of `scopePrefix`. */
  readonly prefix?: string;
}

type Parts = Omit<IssuerProfile, 'isAccessToken'>;

/**
 * What most issuers have in common: JWTs signed with RS256, an `aud` claim that names the resource
 * unless the operator accepts others, and a subject, a client and scopes in claims of some name.
 */
export function commonProfile(
  provider: string,
  settings: ProviderSettings,
  names: PrincipalClaims,
): Parts {
  const { issuer, resource, audiences } = settings;
  const scopes = scopeNames(settings.scopePrefix ?? names.prefix ?? '');
  return {
    issuer,
    provider,
    advertised: true,
    kinds: ['jwt'],
    audiences: audiences.length > 0 ? audiences : [resource],
    audience: ({ aud }) => aud,
    algorithms: ['RS256'],
    introspects: true,
    discoveryUrl: null,
    lookup: null,
    isAccessAnswer: accessAnswerTest(resource),
    principal(claims) {
      const subject = names.subject(claims);
      const clientId = firstString(claims, names.client);
      if (subject === null || !isAcceptedClient(clientId, settings)) return null;
      const claim = names.scope.find((name) => claims[name] !== undefined);
      const granted = scopes.read(claim === undefined ? undefined : claims[claim]);
      const held = narrowScopes(granted, claims, settings, names.authority ?? topLevelAuthority);
      return { subject: subject ?? null, clientId, scopes: held };
    },
    requestScope: scopes.request,
    caveat: null,
  };
}
