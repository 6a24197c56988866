import type { ErrorCode } from '../core/error-table.ts';
import { DoormanError } from '../core/errors.ts';
import type { Clock, LogFields } from '../core/ports.ts';
import type { IssuerProfile } from '../core/provider.ts';
import type { Claims, Principal } from '../core/types.ts';

/** Seconds by which the clocks of issuer and resource server may differ. */
export const leewaySeconds = 30;

function refuse(code: ErrorCode, detail: LogFields): never {
  throw new DoormanError(code, { detail });
}

/**
 * RFC 7519 section 2, NumericDate: fractions are allowed. Beyond 2^53 seconds are no longer exact,
 * and `1e400` is read as infinity: such a token would never expire.
 */
function numericDate(claims: Claims, name: 'exp' | 'nbf' | 'iat'): number | null {
  const value = claims[name];
  if (value === undefined) return null;
  if (typeof value === 'number' && Math.abs(value) < 2 ** 53) return value;
  return refuse('claims_invalid', { claim: name });
}

/** RFC 7519 section 4.1.3: one string or an array of strings, compared code point by code point. */
function checkAudience(claims: Claims, profile: IssuerProfile): void {
  const got = profile.audience(claims) ?? null;
  const named: readonly unknown[] = Array.isArray(got) ? got : [got ?? ''];
  if (!named.every((member) => typeof member === 'string'))
    refuse('claims_invalid', { claim: 'aud' });
  if (named.some((member) => profile.audiences.includes(member))) return;
  const set = named.some((member) => member !== '')
    ? 'MCP_OAUTH_AUDIENCE to what was got, if tokens for that are meant for this server'
    : `${profile.provider} to put one of the expected values into its tokens as the audience`;
  refuse('audience_mismatch', { issuer: profile.issuer, got, expected: profile.audiences, set });
}

/** Whether a token that ends at `expiresAt` (seconds since the epoch) is over, leeway included. */
export function isExpired(expiresAt: number, clock: Clock): boolean {
  return clock.now() / 1_000 >= expiresAt + leewaySeconds;
}

/**
 * Judges the claims of an authentic token, whatever way its authenticity was established: `iss`
 * and audience exactly, `exp` present and finite, `nbf` and `iat` not ahead. Expiry comes last, so
 * that `token_expired` means that nothing else is wrong; its error carries the held scopes.
 *
 * Not checked: whether the token is an access token, its scopes, and whether whoever sent it holds
 * the key that it is bound to (`cnf`, RFC 7800).
 *
 * @throws DoormanError `issuer_untrusted`, `audience_mismatch`, `claims_invalid`,
 *   `token_not_yet_valid`, `token_expired`.
 */
export function judgeClaims(claims: Claims, profile: IssuerProfile, clock: Clock): Principal {
  if (claims.iss !== profile.issuer) refuse('issuer_untrusted', { expected: profile.issuer });
  checkAudience(claims, profile);
  const expiresAt = numericDate(claims, 'exp') ?? refuse('claims_invalid', { claim: 'exp' });
  const starts = [numericDate(claims, 'nbf'), numericDate(claims, 'iat')];
  const fields = profile.principal(claims) ?? refuse('claims_invalid', { claim: 'principal' });

  const latest = clock.now() / 1_000 + leewaySeconds;
  if (starts.some((start) => start !== null && start > latest))
    refuse('token_not_yet_valid', { nbf: starts[0], iat: starts[1] });
  if (isExpired(expiresAt, clock))
    throw new DoormanError('token_expired', {
      detail: { exp: expiresAt },
      scopes: [...fields.scopes],
    });
  return { ...fields, issuer: profile.issuer, expiresAt, claims };
}
