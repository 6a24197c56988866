import type { SignatureAlgorithm } from './provider.ts';

/** What an identity header says; `claim.<name>` is a top-level claim of the access token. */
export type IdentitySource = 'subject' | 'client' | 'scopes' | 'issuer' | `claim.${string}`;

/** A key of our own that signs assertions. */
export interface SigningKey {
  readonly algorithm: SignatureAlgorithm;
  /** Private. */
  readonly jwk: JsonWebKey & { readonly kid?: string };
}

/** A signed statement of who calls, for MCP servers that verify instead of trusting a header. */
export interface AssertionSettings {
  /** Name in lower case. In `authorization` the assertion is a bearer token. */
  readonly header: string;
  /** `null` for one made at start. */
  readonly key: SigningKey | null;
  /** Claims of the access token that are repeated where it has them. */
  readonly claims: readonly string[];
  /** The MCP server's URL, without its query. */
  readonly audience: string;
}

/** What the MCP server is told besides the message: who we are, and who calls. */
export interface UpstreamIdentity {
  /** Headers that prove us to the MCP server, names in lower case. Secret. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Header names in lower case, and what each one says. */
  readonly headers: Readonly<Record<string, IdentitySource>>;
  /** `null` for none. */
  readonly assertion: AssertionSettings | null;
}
