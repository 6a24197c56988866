import {
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from 'jose';

/** A token that must be refused. */
export interface ForgedToken {
  /** What was done to it, in plain words. */
  readonly title: string;
  readonly token: string;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/**
 * Turns a good access token into bad ones: four that anybody can make, and two that only the
 * issuer could, signed with its real key.
 *
 * @param stolenScope scope that the good token lacks.
 */
export async function forgeTokens(
  token: string,
  signingKey: JWK,
  stolenScope: string,
): Promise<readonly ForgedToken[]> {
  const claims = decodeJwt(token);
  const { kid = '', typ = 'at+jwt' } = decodeProtectedHeader(token);
  const [header = '', , signature = ''] = token.split('.');
  const greedy = { ...claims, scope: `${claims.scope} ${stolenScope}` };
  const now = Math.floor(Date.now() / 1000);

  const { privateKey: ownKey } = await generateKeyPair('RS256');
  const issuerKey = await importJWK(signingKey, 'RS256');
  const sign = (payload: typeof claims, key: typeof issuerKey): Promise<string> =>
    new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid, typ }).sign(key);

  return [
    {
      title: `"${stolenScope}" written into the payload`,
      token: `${header}.${base64url(greedy)}.${signature}`,
    },
    { title: 'one bit of the signature flipped', token: flipBit(token) },
    {
      title: 'no signature at all (alg: none)',
      token: `${base64url({ alg: 'none', typ })}.${base64url(greedy)}.`,
    },
    { title: "signed with a stranger's key", token: await sign(greedy, ownKey) },
    {
      title: 'genuine, but for another server',
      token: await sign({ ...claims, aud: 'https://elsewhere.example/mcp' }, issuerKey),
    },
    {
      title: 'genuine, but an hour old',
      token: await sign({ ...claims, iat: now - 7200, exp: now - 3600 }, issuerKey),
    },
  ];
}

function flipBit(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  const bytes = Buffer.from(token.slice(at), 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return token.slice(0, at) + bytes.toString('base64url');
}
