import { providers } from '../../providers/index.ts';
import type { IntrospectionClient, Validation } from '../core/issuer.ts';
import type { AuthorityClaim } from '../core/provider.ts';
import {
  type Explanation,
  type Fields,
  list,
  oneOf,
  secret,
  someOf,
  text,
} from './setting-fields.ts';

/** What can be set about one issuer: by flags and variables, or in an entry of the file's `issuers`. */
export interface IssuerSettings {
  readonly issuer?: string | undefined;
  readonly provider?: string | undefined;
  readonly audience?: readonly string[] | undefined;
  readonly validation: Validation;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly clientSecretFile?: string | undefined;
  readonly clientAuth?: IntrospectionClient['method'] | undefined;
  readonly discoveryUrl?: string | undefined;
  readonly jwksUri?: string | undefined;
  readonly introspectionUri?: string | undefined;
  readonly allowedClients?: readonly string[] | undefined;
  readonly allowedTenants?: readonly string[] | undefined;
  readonly authorityClaims: readonly AuthorityClaim[];
  readonly scopePrefix?: string | undefined;
}

export type IssuerSettingName = keyof IssuerSettings;

const providerNames = Object.keys(providers);

export const issuerFields: Fields<IssuerSettings> = {
  issuer: text.optional().meta({
    placeholder: 'url',
    help: 'Issuer of the access tokens, exactly as the identity provider writes it.',
    example: 'https://idp.example.com/realms/acme',
  } satisfies Explanation),
  provider: oneOf(providerNames)
    .optional()
    .meta({
      placeholder: 'name',
      help: `Identity provider, where the issuer does not tell: ${providerNames.join(', ')}.`,
      example: 'generic',
    } satisfies Explanation),
  audience: list.optional().meta({
    placeholder: 'values',
    help: 'Accepted audiences, separated by commas or spaces. Default: what the provider puts into its tokens, else the resource.',
    example: 'https://mcp.example.com/mcp',
    list: true,
  } satisfies Explanation),
  validation: oneOf(['auto', 'jwt', 'introspection'])
    .default('auto')
    .meta({
      placeholder: 'mode',
      help: 'How tokens are verified: auto (JWTs by signature, others by introspection), jwt (nothing else), or introspection (always ask the issuer).',
      example: 'auto',
    } satisfies Explanation),
  clientId: text.optional().meta({
    placeholder: 'id',
    help: 'Our own client at the issuer, for introspection.',
    example: 'mcp-doorman',
  } satisfies Explanation),
  clientSecret: secret.optional().meta({
    placeholder: 'secret',
    help: 'Secret of our own client at the issuer, or its private key (JWK or PKCS #8 PEM) for private_key_jwt.',
    example: 'what-the-identity-provider-shows',
    secret: true,
  } satisfies Explanation),
  clientSecretFile: text.optional().meta({
    placeholder: 'path',
    help: 'File that holds the client secret; one line end after it does not count.',
    example: '/run/secrets/mcp-doorman-client',
  } satisfies Explanation),
  clientAuth: oneOf(['client_secret_basic', 'client_secret_post', 'private_key_jwt'])
    .optional()
    .meta({
      placeholder: 'method',
      help: 'How our client authenticates: client_secret_basic (unless set), client_secret_post or private_key_jwt.',
      example: 'client_secret_basic',
    } satisfies Explanation),
  discoveryUrl: text.optional().meta({
    placeholder: 'url',
    help: 'Discovery document of the issuer, where it is reached at another address from here.',
    example: 'https://idp.internal/realms/acme/.well-known/openid-configuration',
  } satisfies Explanation),
  jwksUri: text.optional().meta({
    placeholder: 'url',
    help: 'Signing keys of the issuer, instead of what discovery says.',
    example: 'https://idp.internal/realms/acme/certs',
  } satisfies Explanation),
  introspectionUri: text.optional().meta({
    placeholder: 'url',
    help: 'Introspection endpoint of the issuer, instead of what discovery says.',
    example: 'https://idp.internal/realms/acme/introspect',
  } satisfies Explanation),
  allowedClients: list.optional().meta({
    placeholder: 'ids',
    help: 'OAuth clients whose tokens count. Default: every client, where the provider permits that.',
    example: 'claude vscode',
    list: true,
  } satisfies Explanation),
  allowedTenants: list.optional().meta({
    placeholder: 'ids',
    help: 'Tenants whose users count, for an issuer that serves several.',
    example: '11111111-2222-3333-4444-555555555555',
    list: true,
  } satisfies Explanation),
  authorityClaims: someOf(['permissions', 'roles'])
    .default([])
    .meta({
      placeholder: 'claims',
      help: 'Claims that narrow the scopes of a token: a scope counts only where they hold it too (permissions, roles).',
      example: 'permissions',
      list: true,
    } satisfies Explanation),
  scopePrefix: text.optional().meta({
    placeholder: 'prefix',
    help: 'What clients must write before a scope when they ask the provider for it.',
    example: 'api://mcp.example.com/',
  } satisfies Explanation),
};
