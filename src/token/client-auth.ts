import { importJWK, importPKCS8, type JWK } from 'jose';
import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  modifyAssertion,
  PrivateKeyJwt,
} from 'openid-client';
import type { IntrospectionClient } from '../core/issuer.ts';
import type { Clock } from '../core/ports.ts';
import { parseJsonObject } from './json.ts';

/** What an operator sets to let us ask an issuer about tokens. */
export const credentialsToSet = 'MCP_OAUTH_CLIENT_ID and MCP_OAUTH_CLIENT_SECRET';

const signers = ['RS256', 'ES256', 'ES384', 'ES512', 'Ed25519'] as const;

/** A PEM does not say which algorithm its key is for; exactly one kind of import takes it. */
async function importKey(secret: string, jwk: JWK | null): Promise<CryptoKey | null> {
  const named = jwk?.alg === undefined ? signers : [jwk.alg];
  for (const algorithm of named) {
    try {
      const key = jwk ? await importJWK(jwk, algorithm) : await importPKCS8(secret, algorithm);
      if (!(key instanceof Uint8Array) && key.type === 'private') return key;
    } catch {
      // Another algorithm may fit; without any, the key is unusable.
    }
  }
  return null;
}

/** RFC 7523 section 3, on the clock of the ports. */
function createAssertion(secret: string, clock: Clock): ClientAuth {
  const jwk = parseJsonObject(secret) as JWK | null;
  const imported = importKey(secret, jwk);
  return async (server, client, body, headers) => {
    const key = await imported;
    if (key === null) throw new TypeError('the private key of our client is unusable');
    const kid = typeof jwk?.kid === 'string' ? { kid: jwk.kid } : {};
    const sign = PrivateKeyJwt(
      { key, ...kid },
      {
        [modifyAssertion](_header, claims) {
          const now = Math.floor(clock.now() / 1_000);
          Object.assign(claims, { iat: now, nbf: now, exp: now + 60 });
        },
      },
    );
    await sign(server, client, body, headers);
  };
}

/**
 * How our own client proves itself to an issuer: `client_secret_basic`, `client_secret_post` (RFC
 * 6749 section 2.3.1) or `private_key_jwt` (OpenID Connect Core section 9).
 *
 * Not checked: whether a private key can be imported; the first call tells.
 *
 * @throws TypeError when the client has no id or secret, or what should be a private key is neither
 *   a private JWK nor a PKCS #8 PEM. The text never holds the secret.
 */
export function createClientAuth(client: IntrospectionClient, clock: Clock): ClientAuth {
  const { clientId, method, secret } = client;
  if (clientId === '' || secret === '')
    throw new TypeError(`client must have an id and a secret: set ${credentialsToSet}`);
  if (method === 'client_secret_basic') return ClientSecretBasic(secret);
  if (method === 'client_secret_post') return ClientSecretPost(secret);
  const isPrivateJwk = typeof parseJsonObject(secret)?.d === 'string';
  if (!isPrivateJwk && !secret.includes('-----BEGIN PRIVATE KEY-----'))
    throw new TypeError('private_key_jwt needs a private key as JWK or PKCS #8 PEM');
  return createAssertion(secret, clock);
}
