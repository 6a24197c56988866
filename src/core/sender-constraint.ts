/**
 * What is asked of tokens that are bound to a key of their client: by DPoP (RFC 9449) or by a client
 * certificate (RFC 8705). A bound token is never accepted without proof of its key, whatever stands
 * here.
 */
export interface SenderConstraint {
  /** `off`: the scheme `DPoP` is unknown here; `required`: a token without a DPoP key is refused. */
  readonly dpop: 'off' | 'optional' | 'required';
  /** Whether a proof must contain a nonce that was made here, RFC 9449 section 9. */
  readonly dpopNonce: boolean;
  /** Public URL of the MCP endpoint: what a proof must name as its `htu`. */
  readonly resource: string;
  /** Header in which a trusted proxy hands over the client's certificate; `null` for none. */
  readonly certificateHeader: string | null;
  /** IP addresses and CIDR blocks of the proxies whose certificate header counts. */
  readonly trustedProxies: readonly string[];
}

/** How an access token is sent: the scheme of the `Authorization` header, in lower case. */
export type Scheme = 'bearer' | 'dpop';

/** The schemes accepted and offered; `Bearer` leads, since MCP SDK v1 reads only the first. */
export function acceptedSchemes({ dpop }: Pick<SenderConstraint, 'dpop'>): readonly Scheme[] {
  if (dpop === 'off') return ['bearer'];
  return dpop === 'required' ? ['dpop'] : ['bearer', 'dpop'];
}
