import { adapterFor, providers } from '../../providers/index.ts';
import type { TrustedIssuer } from '../core/issuer.ts';
import type { ProviderAdapter } from '../core/provider.ts';
import type { CommonOptions, IssuerOptions, TokenOptions } from './issuer-options.ts';
import { checkChoice, checkOptionNames, withOptionNames } from './option-names.ts';

type OptionName = keyof CommonOptions | keyof TokenOptions | 'provider';

/** Complete by its type. */
const optionNames: Readonly<Record<OptionName, true>> = {
  issuer: true,
  provider: true,
  audience: true,
  validation: true,
  client: true,
  discoveryUrl: true,
  jwksUri: true,
  introspectionUri: true,
  allowedClients: true,
  allowedTenants: true,
  authorityClaims: true,
  scopePrefix: true,
  grants: true,
};

function adapterOf({ issuer, provider }: IssuerOptions): ProviderAdapter {
  if (provider === undefined) return adapterFor(issuer);
  if (!Object.hasOwn(providers, provider))
    throw new TypeError(`provider must be one of ${Object.keys(providers).join(', ')}`);
  return providers[provider];
}

/** What counts for every issuer. */
export interface IssuerContext {
  readonly resource: string;
  readonly insecureHttp: boolean;
  /** Whether a rule of the policy has the issuer asked. */
  readonly introspects: boolean;
}

/**
 * The issuers behind one configured issuer: exact strings, audiences and rules, by its adapter.
 *
 * @throws TypeError where the provider cannot work with the options, naming what to set
 */
export function trustIssuer(
  options: IssuerOptions,
  { resource, insecureHttp, introspects }: IssuerContext,
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
    checkOptionNames(options, optionNames);
    checkChoice('validation', validation, ['auto', 'jwt', 'introspection']);
    const profiles = withOptionNames(() => adapterOf(options).issuers(settings));
    const mute = profiles.some(({ lookup }) => client === null && lookup === null);
    if (introspects && mute) {
      throw new TypeError('client is needed, since a rule of the policy has introspect: true');
    }
    return profiles.map((profile) => ({
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
    throw new TypeError(`issuer ${issuer}: ${error.message}`);
  }
}
