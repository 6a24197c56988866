import type { IssuerProfile } from '../core/provider.ts';
import { parseCompact } from './compact.ts';
import { failure, type Outcome } from './exchange.ts';
import type { JsonObject } from './json.ts';
import { verifyJwt } from './jwt.ts';
import type { Keys } from './keys.ts';

export const signedAnswerType = 'token-introspection+jwt';

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Verifies a signed introspection reply, RFC 9701 section 5: by a key of the issuer, `typ`
 * `token-introspection+jwt`, `iss` exactly the issuer, `aud` our client.
 *
 * Not checked: the age of the reply; it came over our own connection. What it says of the token is
 * judged elsewhere. Encrypted replies are not read. Never rejects.
 */
export async function readSignedAnswer(
  body: Uint8Array,
  profile: IssuerProfile,
  clientId: string,
  keys: Keys,
): Promise<Outcome<JsonObject>> {
  try {
    const reply = parseCompact(new TextDecoder().decode(body), Number.POSITIVE_INFINITY);
    const isAnswer = (typ: string | null): boolean => typ === signedAnswerType;
    await verifyJwt(reply, { algorithms: profile.algorithms, isAccessToken: isAnswer }, keys);
    const { iss, aud, token_introspection: answer } = reply.claims;
    if (iss !== profile.issuer) return failure('a signed reply of another issuer');
    if (![aud].flat().includes(clientId)) return failure('a signed reply for another client');
    return isObject(answer)
      ? { ok: true, value: answer }
      : failure('a signed reply without answer');
  } catch (error) {
    const { code } = error as { code?: unknown };
    return failure(`a signed reply that does not verify: ${code}`);
  }
}
