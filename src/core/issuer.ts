import type { IssuerProfile } from './provider.ts';

/** How a token of an issuer is verified: by its kind, by signature only, or by asking the issuer. */
export type Validation = 'auto' | 'jwt' | 'introspection';

/** Our own client at an issuer, for introspection. RFC 7662 section 2.1. */
export interface IntrospectionClient {
  readonly clientId: string;
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
  /** The shared secret, or for `private_key_jwt` a private key as JWK text or PKCS #8 PEM. */
  readonly secret: string;
}

/** One issuer whose tokens count, and how they are verified. */
export interface TrustedIssuer {
  readonly profile: IssuerProfile;
  readonly validation: Validation;
  /** `null` where introspection is not set up. */
  readonly client: IntrospectionClient | null;
  /** Accepts plain http for it off loopback too; `false` unless given. */
  readonly insecureHttp?: boolean;
  /** Where the issuer is reached from here, if not where it says; `null` for what it says. */
  readonly endpoints: {
    readonly discovery: string | null;
    readonly jwks: string | null;
    readonly introspection: string | null;
  };
}
