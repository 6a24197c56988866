import { DpopSession } from '@modelcontextprotocol/client';
import { type Credential, presentToken } from './credential.ts';

/** A way to use a genuine bound token without being its client. */
export interface Theft {
  /** What the thief tries, in plain words. */
  readonly title: string;
  readonly credential: Credential;
  /** The error that the refusal names; `null` for none. */
  readonly error: string | null;
}

/**
 * What a thief of a DPoP-bound token can try (RFC 9449 section 11): without its key, with a key of
 * his own, and with proofs that the client itself made, once or for something else.
 *
 * @param used a credential of the client that the gateway has seen already.
 * @param own the client's key, as far as the thief may have overheard its proofs.
 */
export async function stealToken(
  token: string,
  gatewayUrl: string,
  own: DpopSession,
  used: Credential,
): Promise<readonly Theft[]> {
  const authorization = `DPoP ${token}`;
  const overheard = (htm: string, htu: string, accessToken: string): Promise<string> =>
    own.buildProof({ htm, htu, accessToken });
  const elsewhere = 'https://elsewhere.example/mcp';
  return [
    {
      title: 'as a bearer token',
      credential: { authorization: `Bearer ${token}` },
      error: null,
    },
    { title: 'without a proof', credential: { authorization }, error: 'invalid_dpop_proof' },
    {
      title: "with a proof of the thief's own key",
      credential: await presentToken(token, gatewayUrl, await DpopSession.create()),
      error: 'invalid_token',
    },
    { title: 'with a proof that was used before', credential: used, error: 'invalid_dpop_proof' },
    {
      title: 'with a proof for another server',
      credential: { authorization, dpop: await overheard('POST', elsewhere, token) },
      error: 'invalid_dpop_proof',
    },
    {
      title: 'with a proof for another method',
      credential: { authorization, dpop: await overheard('GET', gatewayUrl, token) },
      error: 'invalid_dpop_proof',
    },
    {
      title: 'with a proof for another token',
      credential: { authorization, dpop: await overheard('POST', gatewayUrl, `${token}x`) },
      error: 'invalid_dpop_proof',
    },
  ];
}
