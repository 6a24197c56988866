import { DoormanError } from '../core/errors.ts';
import type { Principal } from '../core/types.ts';
import type { IdentitySource } from '../core/upstream-identity.ts';

/** Longest value of one header, in bytes. */
const maxValueLength = 4_096;
const claimPrefix = 'claim.';
/** A comma separates the members of a list, and `%` begins what is encoded. */
const unsafe = /[^!-$&-+\--~]/gu;

/** @throws URIError for half a surrogate pair, which has no UTF-8. */
function encode(text: string): string {
  return text.replace(unsafe, (character) =>
    character === ',' ? '%2C' : encodeURIComponent(character),
  );
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** A claim as text; `null` for one that is missing or has no plain form, such as an object. */
function claimText(claim: unknown): string | null {
  if (Array.isArray(claim)) {
    return claim.every(isScalar) ? claim.map((item) => encode(`${item}`)).join(',') : null;
  }
  return isScalar(claim) ? encode(`${claim}`) : null;
}

function textOf(source: IdentitySource, principal: Principal): string | null {
  switch (source) {
    case 'subject':
      return claimText(principal.subject);
    case 'client':
      return claimText(principal.clientId);
    case 'issuer':
      return encode(principal.issuer);
    case 'scopes':
      return [...principal.scopes].map(encode).join(' ');
    default: {
      const name = source.slice(claimPrefix.length);
      return Object.hasOwn(principal.claims, name) ? claimText(principal.claims[name]) : null;
    }
  }
}

function untellable(header: string, reason: string): DoormanError {
  return new DoormanError('operation_denied', { detail: { header, reason } });
}

/**
 * Headers that tell the MCP server who calls. Values are visible ASCII: every other character, and
 * `%` and `,`, is percent-encoded as UTF-8 (RFC 3986 section 2.1). Members of an array are joined by
 * commas, scopes by blanks. What the token does not say sends no header.
 *
 * @param headers names in lower case, and what each one says.
 * @throws DoormanError `operation_denied` for a value that cannot be told in full: too long, or no
 *   Unicode text. The server must not take the caller for somebody else, or for nobody.
 */
export function identityHeaders(
  principal: Principal,
  headers: Readonly<Record<string, IdentitySource>>,
): Record<string, string> {
  const told: Record<string, string> = {};
  for (const [name, source] of Object.entries(headers)) {
    let value: string | null;
    try {
      value = textOf(source, principal);
    } catch {
      throw untellable(name, 'is no Unicode text');
    }
    if (value === null || value === '') continue;
    if (value.length > maxValueLength) throw untellable(name, `is longer than ${maxValueLength}`);
    told[name] = value;
  }
  return told;
}
