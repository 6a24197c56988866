import { base64url } from 'jose';
import { DoormanError } from '../core/errors.ts';
import type { Claims } from '../core/types.ts';
import { decodeJsonObject, type JsonObject } from './json.ts';

/** Characters; well above any real token, well below what costs time to parse. */
const maxTokenLength = 8_192;

/** A JWT taken apart; nothing in it has been verified. */
export interface CompactJwt {
  readonly token: string;
  readonly header: JsonObject;
  readonly claims: Claims;
}

const grammar = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Last characters that leave no stray bits, by the length of the part modulo 4. */
const canonicalEnds: readonly (RegExp | null)[] = [/./, null, /[AQgw]$/, /[AEIMQUYcgkosw048]$/];

/** One token has one spelling, or caches and deny-lists could be evaded (RFC 4648 section 3.5). */
function isCanonical(part: string): boolean {
  return canonicalEnds[part.length % 4]?.test(part) ?? false;
}

/**
 * Three parts, the first of which begins as every JSON object does in base64url. Dots at the end
 * count for nothing: Java's `split`, and so issuers written in it, would read the same JWT in it.
 */
const jwtShape = /^e[wy3][^.]*\.[^.]*\.[^.]*\.*$/;

/** Whether a token is to be read as a signed JWT; every other one, a JWE too, is opaque to us. */
export function isJwtShaped(token: string): boolean {
  return jwtShape.test(token);
}

/** Whether a token is short enough to be looked at, at all. */
export function hasTokenLength(token: string): boolean {
  return token.length > 0 && token.length <= maxTokenLength;
}

/**
 * Reads a JWS in compact serialisation (RFC 7515 section 7.1) by strict grammar: three non-empty
 * base64url parts without padding, white space or stray bits, and a header and payload that are
 * each one JSON object in UTF-8 without repeated member names. A JWE (five parts) and an opaque
 * token fail. The signature is *not* checked.
 *
 * @param maxLength characters; 8,192 by default.
 * @throws DoormanError `token_malformed`.
 */
export function parseCompact(token: string, maxLength: number = maxTokenLength): CompactJwt {
  const parts = token.length <= maxLength && grammar.test(token) ? token.split('.') : [];
  const [header, claims] = parts.every(isCanonical)
    ? parts.slice(0, 2).map((part) => decodeJsonObject(base64url.decode(part)))
    : [];
  if (!header || !claims) throw new DoormanError('token_malformed');
  return { token, header, claims };
}
