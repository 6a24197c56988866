import type { providers } from '../../providers/index.ts';
import type { IntrospectionClient, Validation } from '../core/issuer.ts';
import type { AuthorityClaim, Grant, ProviderAdapter, ProviderOption } from '../core/provider.ts';

type Providers = typeof providers;

/** Names of the built-in provider adapters. */
export type ProviderName = keyof Providers;

/** What can be said about the tokens of one issuer; each provider has a use for some of it. */
export interface TokenOptions {
  /** Accepted audiences; what the provider puts into its tokens, else the resource, unless given. */
  readonly audience?: string | readonly string[];
  /** OAuth clients whose tokens count; every client unless given, where the provider permits that. */
  readonly allowedClients?: readonly string[];
  /** Tenants whose users count, for an issuer that serves several. */
  readonly allowedTenants?: readonly string[];
  /** Claims in which a scope must stand as well to count; none unless given. */
  readonly authorityClaims?: readonly AuthorityClaim[];
  /** What a client writes before a scope when it asks the provider for it. */
  readonly scopePrefix?: string;
  /** Scopes given here to people that the provider vouches for but cannot give scopes to. */
  readonly grants?: readonly Grant[];
}

/** Adapters' settings, by the options that fill them. */
interface OptionNames extends Record<ProviderOption, keyof TokenOptions> {
  readonly audiences: 'audience';
  readonly clients: 'allowedClients';
  readonly tenants: 'allowedTenants';
  readonly authority: 'authorityClaims';
  readonly scopePrefix: 'scopePrefix';
  readonly grants: 'grants';
}

type UsedBy<Name extends ProviderName> =
  Providers[Name] extends ProviderAdapter<infer Option> ? OptionNames[Option] : never;

/** What can be said of any issuer. */
export interface CommonOptions {
  /** Issuer of the access tokens, exactly as the identity provider writes it. */
  readonly issuer: string;
  /** `auto` unless given: JWTs by signature, other tokens by introspection. */
  readonly validation?: Validation;
  /** Our own client at the issuer, for introspection (RFC 7662). */
  readonly client?: IntrospectionClient;
  /** Where the issuer is reached from here, if not where it says. */
  readonly discoveryUrl?: string;
  readonly jwksUri?: string;
  readonly introspectionUri?: string;
}

/**
 * One issuer whose tokens count. Naming the provider narrows the options to those it has a use for;
 * without a name the issuer string tells, and an option without a use is refused at creation.
 */
export type IssuerOptions =
  | (CommonOptions & TokenOptions & { readonly provider?: never })
  | {
      [Name in ProviderName]: CommonOptions &
        Pick<TokenOptions, UsedBy<Name>> & { readonly provider: Name };
    }[ProviderName];
