import type { Claims } from './types.ts';

/** Asymmetric JWS algorithms (RFC 7518, RFC 8037); nothing else can ever be allowed. */
export const signatureAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** A claim other than `scope` that narrows authority where the operator asks for it. */
export type AuthorityClaim = 'permissions' | 'roles';

/** Scopes given here, to people the identity provider vouches for but cannot give scopes to. */
export interface Grant {
  /** Verified e-mail address, compared without case. */
  readonly email?: string | undefined;
  /** Workspace domain, from the `hd` claim and never from the e-mail address. */
  readonly hostedDomain?: string | undefined;
  /** A member of the `groups` claim. */
  readonly group?: string | undefined;
  readonly scopes: readonly string[];
}

/** What the operator configured about one issuer, as an adapter sees it. */
export interface ProviderSettings {
  /** Issuer string, byte for byte. */
  readonly issuer: string;
  /** Public URL of the protected MCP endpoint, byte for byte. */
  readonly resource: string;
  /** Audiences the operator accepts; empty lets the adapter choose its default. */
  readonly audiences: readonly string[];
  /** OAuth clients whose tokens count; empty means every client, where the adapter permits that. */
  readonly clients: readonly string[];
  /** Tenants whose users count; for issuers that serve several. */
  readonly tenants: readonly string[];
  /** Claims that a scope must stand in as well; for an Entra application `roles` are its scopes. */
  readonly authority: readonly AuthorityClaim[];
  /** What stands before a scope in a request to the provider; `null` for the adapter's default. */
  readonly scopePrefix: string | null;
  readonly grants: readonly Grant[];
}

export type TokenKind = 'jwt' | 'opaque';

/** A look-up of opaque tokens that is not RFC 7662. */
export interface LookupDialect {
  /** The one request that tells about a token; it is never logged. */
  request(token: string): { readonly url: string; readonly body: URLSearchParams };
  /** Claims of an active token, `inactive`, or `null` for an answer that cannot be understood. */
  read(status: number, answer: unknown): Claims | 'inactive' | null;
}

/** How tokens of one issuer are judged. Data and pure functions only. */
export interface IssuerProfile {
  readonly issuer: string;
  /** Name of the adapter, for messages. */
  readonly provider: string;
  /** Whether clients are told to log in here; further exact issuers of one provider are not. */
  readonly advertised: boolean;
  /** What kinds of access token the issuer hands out. */
  readonly kinds: readonly TokenKind[];
  /** A token must name at least one of these; never empty. */
  readonly audiences: readonly string[];
  /** Where a token names whom it is for: the `aud` claim unless the provider has none. */
  audience(claims: Claims): unknown;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Whether the issuer can be asked about a token, RFC 7662. */
  readonly introspects: boolean;
  /** Discovery document, where it is not under the issuer. */
  readonly discoveryUrl: string | null;
  readonly lookup: LookupDialect | null;
  /**
   * The positive mark of an access token.
   *
   * @param typ header `typ`, lower case and without `application/`; `null` where absent.
   * @param claims claims whose signature has been verified.
   */
  isAccessToken(typ: string | null, claims: Claims): boolean;
  /** Whether an introspection or look-up answer describes an access token. */
  isAccessAnswer(answer: Claims): boolean;
  /** Reads who is calling; `null` when a claim it needs is missing, unreadable or not accepted. */
  principal(claims: Claims): PrincipalFields | null;
  /** A policy scope as a client must write it in its request to the provider. */
  requestScope(scope: string): string;
  /** What an operator must know about this issuer's tokens; `null` for nothing. */
  readonly caveat: string | null;
}

/** What an adapter reads out of claims; issuer and expiry are the verifier's to add. */
export interface PrincipalFields {
  readonly subject: string | null;
  readonly clientId: string | null;
  readonly scopes: ReadonlySet<string>;
  readonly tenant?: string;
}

/** What of the settings a provider may have a use for. */
export type ProviderOption =
  | 'audiences'
  | 'clients'
  | 'tenants'
  | 'authority'
  | 'scopePrefix'
  | 'grants';

/**
 * What one identity provider does differently. Pure: no network, no clock, no state. Adding one is
 * adding a file under `providers/` and a line to its index.
 */
export interface ProviderAdapter<Option extends ProviderOption = ProviderOption> {
  readonly name: string;
  /** The settings it has a use for; any other that is set is refused. */
  readonly uses: readonly Option[];
  /** Whether an issuer string is this provider's, so that it need not be named. */
  recognizes(issuer: string): boolean;
  /** How to set the provider up so that its tokens pass; each guide quotes it. */
  readonly advice: string;
  /**
   * The exact issuers behind one configured issuer; the first is the one clients are told.
   *
   * @throws TypeError when the settings cannot work with this provider, saying what to set.
   */
  issuers(settings: ProviderSettings): readonly IssuerProfile[];
}
