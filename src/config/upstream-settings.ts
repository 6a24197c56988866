import { type Explanation, type Fields, list, secret, text } from './setting-fields.ts';

/** What can be set about the requests to one MCP server. */
export interface UpstreamSettings {
  readonly upstreamToken?: string | undefined;
  readonly upstreamTokenFile?: string | undefined;
  readonly upstreamHeaderFiles: readonly string[];
  readonly identityHeaders: readonly string[];
  readonly assertionHeader?: string | undefined;
  readonly assertionKeyFile?: string | undefined;
  readonly assertionClaims: readonly string[];
}

export const upstreamFields: Fields<UpstreamSettings> = {
  upstreamToken: secret.optional().meta({
    placeholder: 'token',
    help: 'Bearer token to send to the MCP server: a credential of the gateway, never that of a client.',
    example: 'change-me',
    secret: true,
  } satisfies Explanation),
  upstreamTokenFile: text.optional().meta({
    placeholder: 'path',
    help: 'File that holds the bearer token for the MCP server; one line end after it does not count.',
    example: '/run/secrets/upstream-token',
  } satisfies Explanation),
  upstreamHeaderFiles: list.default([]).meta({
    placeholder: 'name=path',
    help: 'Other headers that prove the gateway to the MCP server, and the files that hold their values.',
    example: 'X-Api-Key=/run/secrets/upstream-api-key',
    list: true,
  } satisfies Explanation),
  identityHeaders: list.default([]).meta({
    placeholder: 'name=what',
    help: 'Headers that tell the MCP server who calls: subject, client, scopes, issuer, or claim.<name>.',
    example: 'X-User=subject,X-Email=claim.email',
    list: true,
  } satisfies Explanation),
  assertionHeader: text.optional().meta({
    placeholder: 'name',
    help: 'Header in which the MCP server gets a signed JWT that says who calls; in Authorization as a bearer token.',
    example: 'X-Doorman-Jwt-Assertion',
  } satisfies Explanation),
  assertionKeyFile: text.optional().meta({
    placeholder: 'path',
    help: 'Private key (JWK or PEM) that signs it. Default: one made at start, which suits one replica only.',
    example: '/run/secrets/assertion-key',
  } satisfies Explanation),
  assertionClaims: list.default([]).meta({
    placeholder: 'claims',
    help: 'Claims of the access token that it repeats.',
    example: 'email,groups',
    list: true,
  } satisfies Explanation),
};
