import type { Principal } from '../core/types.ts';

/**
 * The caller as both MCP SDKs know one: `extra.authInfo` in tool handlers of v1, `ctx.http.authInfo`
 * in those of v2. Assignable to the `AuthInfo` of either.
 */
export interface AuthInfo {
  /**
   * The access token itself, because handlers exchange it (RFC 8693) or tell callers apart by it.
   * It was issued for this server: MCP forbids to pass it on to another one, and it is never to be
   * logged.
   */
  token: string;
  /** Empty where the issuer does not name the client; people are told apart by `extra`. */
  clientId: string;
  /** Scopes of the token with everything that they imply. */
  scopes: string[];
  /** Seconds since the epoch; `Infinity` for a static token without expiry. */
  expiresAt: number;
  /** The resource identifier that the token was accepted for. */
  resource: URL;
  /** For challenges of the SDK v2 itself; absent where nobody can log in. */
  resourceMetadataUrl?: string;
  extra: {
    readonly issuer: string;
    /** Stable user key within the issuer; `null` for a token that names no subject. */
    readonly subject: string | null;
    readonly tenant?: string;
    readonly claims: Readonly<Record<string, unknown>>;
  };
}

export interface AuthInfoContext {
  readonly token: string;
  /** Resource identifier. */
  readonly resource: string;
  /** Absolute URL of the protected-resource metadata; `null` where nobody can log in. */
  readonly resourceMetadataUrl: string | null;
  /** Scopes that count as held. */
  readonly scopes: Iterable<string>;
}

/** Says who calls in the words of the MCP SDKs. */
export function toAuthInfo(
  { issuer, subject, clientId, tenant, expiresAt, claims }: Principal,
  { token, resource, resourceMetadataUrl, scopes }: AuthInfoContext,
): AuthInfo {
  return {
    token,
    clientId: clientId ?? '',
    scopes: [...scopes],
    expiresAt,
    resource: new URL(resource),
    ...(resourceMetadataUrl !== null && { resourceMetadataUrl }),
    extra: { issuer, subject, ...(tenant !== undefined && { tenant }), claims },
  };
}
