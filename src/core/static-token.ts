/** A long-lived token of the operator's own, beside OAuth. Only its hash is ever known here. */
export interface StaticToken {
  /** Names its holder in logs and as the principal's subject. */
  readonly name: string;
  /** `sha256:<hex>` or an argon2id PHC string. */
  readonly hash: string;
  readonly scopes: readonly string[];
  /** Seconds since the epoch; `null` for one that does not expire. */
  readonly expiresAt: number | null;
}

/** Stands in a principal where an OAuth issuer would: no issuer can have this name. */
export const staticIssuer = 'urn:mcp-doorman:static-token';
