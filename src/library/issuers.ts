import { adapterFor, providers } from '../../providers/index.ts';
import type { TrustedIssuer } from '../core/issuer.ts';
import type { ProviderAdapter } from '../core/provider.ts';
import type { IssuerOptions, TokenOptions } from './issuer-options.ts';

/** Adapters speak of settings as operators know them; here they are options. */
function inOptionNames(message: string): string {
  return message.replace(/\bMCP_OAUTH_([A-Z]+(?:_[A-Z]+)*)/g, (_, name: string) =>
    name.toLowerCase().replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
  );
}

function adapterOf({ issuer, provider }: IssuerOptions): ProviderAdapter {
  if (provider === undefined) return adapterFor(issuer);
  if (!Object.hasOwn(providers, provider))
    throw new TypeError(`provider must be one of ${Object.keys(providers).join(', ')}`);
  return providers[provider];
}

/**
 * The issuers behind one configured issuer: exact strings, audiences and rules, by its adapter.
 *
 * @throws TypeError where the provider cannot work with the options, naming what to set
 */
export function trustIssuer(
  options: IssuerOptions,
  { resource, insecureHttp }: { readonly resource: string; readonly insecureHttp: boolean },
): readonly TrustedIssuer[] {
  const { issuer, validation = 'auto', client = null } = options;
  const {
    audience = [],
    allowedClients = [],
    allowedTenants = [],
    ...more
  }: TokenOptions = options;
  const settings = {
    issuer,
    resource,
    audiences: [audience].flat(),
    clients: allowedClients,
    tenants: allowedTenants,
    authority: more.authorityClaims ?? [],
    scopePrefix: more.scopePrefix ?? null,
    grants: more.grants ?? [],
  };
  try {
    return adapterOf(options)
      .issuers(settings)
      .map((profile) => ({
        profile,
        validation,
        client,
        insecureHttp,
        endpoints: {
          // A discovery document names one issuer, and so cannot serve the further ones of a provider.
          discovery: profile.issuer === issuer ? (options.discoveryUrl ?? null) : null,
          jwks: options.jwksUri ?? null,
          introspection: options.introspectionUri ?? null,
        },
      }));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(`issuer ${issuer}: ${inOptionNames(error.message)}`);
  }
}
