import type { DpopSession } from '@modelcontextprotocol/client';

/** Header fields that authorize one request. */
export type Credential = Readonly<Record<string, string>>;

/**
 * The fields with which an honest client would send a token to the gateway in a POST: as a bearer
 * token (RFC 6750), or with a fresh proof of its key (RFC 9449 section 7.1).
 */
export async function presentToken(
  token: string,
  gatewayUrl: string,
  dpop: DpopSession | null,
): Promise<Credential> {
  if (dpop === null) return { authorization: `Bearer ${token}` };
  const proof = await dpop.buildProof({ htm: 'POST', htu: gatewayUrl, accessToken: token });
  return { authorization: `DPoP ${token}`, dpop: proof };
}
