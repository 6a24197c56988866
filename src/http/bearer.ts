import { DoormanError } from '../core/errors.ts';

/** `Bearer 1*SP token68`, RFC 6750 section 2.1; the scheme is case-insensitive, RFC 9110 section 11.1. */
const credentials = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
const bearerScheme = /^bearer(?![!#$%&'*+.^_`|~0-9a-z-])/i;
const laterBearer = /,\s*bearer\b/i;

/**
 * Reads the access token out of an `Authorization` field value.
 *
 * Several field lines reach this function joined by commas, as `Headers` joins them; a comma cannot
 * stand in a token, so they are refused whichever order they came in. Tokens in the query, a form
 * or a cookie do not exist here (OAuth 2.1 section 5.1). The token itself is not looked at.
 *
 * @param value the field value; `null` where the request has none.
 * @returns the token, or `null` where no bearer credential was sent: nothing, an empty value, a bare
 *   `Bearer`, or another scheme.
 * @throws DoormanError `authorization_malformed` for anything that starts as a bearer credential
 *   and is not exactly one.
 */
export function readBearer(value: string | null): string | null {
  const text = value?.trim() ?? '';
  const token = credentials.exec(text)?.[1];
  if (token !== undefined) return token;
  if (text.toLowerCase() === 'bearer') return null;
  if (bearerScheme.test(text) || laterBearer.test(text)) {
    throw new DoormanError('authorization_malformed');
  }
  return null;
}
