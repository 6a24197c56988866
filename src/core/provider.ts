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

/** What the operator configured about one issuer, as an adapter sees it. */
export interface ProviderSettings {
  /** Issuer string, byte for byte. */
  readonly issuer: string;
  /** Public URL of the protected MCP endpoint, byte for byte. */
  readonly resource: string;
  /** Audiences the operator accepts; empty lets the adapter choose its default. */
  readonly audiences: readonly string[];
}

/** How tokens of one issuer are judged. Data and pure functions only. */
export interface IssuerProfile {
  readonly issuer: string;
  /** A token must name at least one of these in `aud`; never empty. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly SignatureAlgorithm[];
  /**
   * The positive mark of an access token.
   *
   * @param typ header `typ`, lower case and without `application/`; `null` where absent.
   * @param claims claims whose signature has been verified.
   */
  isAccessToken(typ: string | null, claims: Claims): boolean;
  /** Reads who is calling; `null` when a claim it needs has a shape it cannot read. */
  principal(claims: Claims): PrincipalFields | null;
}

/** What an adapter reads out of claims; issuer and expiry are the verifier's to add. */
export interface PrincipalFields {
  readonly subject: string | null;
  readonly clientId: string | null;
  readonly scopes: ReadonlySet<string>;
}

/**
 * What one identity provider does differently. Pure: no network, no clock, no state. Adding one is
 * adding a file under `providers/` and a line to its index.
 */
export interface ProviderAdapter {
  readonly name: string;
  /** How to set the provider up so that its tokens pass, for start-up messages and the docs. */
  readonly advice: string;
  /** @throws TypeError when the settings cannot work with this provider, saying what to set. */
  issuer(settings: ProviderSettings): IssuerProfile;
}
