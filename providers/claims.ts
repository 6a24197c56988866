import type { Claims } from '../src/core/types.ts';

/** Claims that only ID tokens (OpenID Connect Core section 2) and event tokens (RFC 8417) carry. */
const foreignClaims = ['nonce', 'at_hash', 'c_hash', 'events'] as const;

type ForeignClaim = (typeof foreignClaims)[number];

/** Header `typ` values that say nothing; RFC 9068 section 2.1 wants `at+jwt`, many issuers do not. */
const untyped: ReadonlySet<string | null> = new Set([null, 'jwt']);

/**
 * Whether a claim stands there that no access token has.
 *
 * @param tolerated claims that this issuer is known to put into access tokens too.
 */
export function hasForeignClaim(claims: Claims, tolerated: readonly ForeignClaim[] = []): boolean {
  return foreignClaims.some((name) => name in claims && !tolerated.includes(name));
}

/** Whether a header `typ` leaves open what kind of token it is; any other kind is a foreign one. */
export function isUntyped(typ: string | null): boolean {
  return untyped.has(typ);
}

/** The first of the named claims that is a string with something in it. */
export function firstString(claims: Claims, names: readonly string[]): string | null {
  for (const name of names) {
    const value = claims[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** Members of an object claim; of anything else, none. */
export function membersOf(claim: unknown): Claims {
  return typeof claim === 'object' && claim !== null ? (claim as Claims) : {};
}
