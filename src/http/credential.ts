import { DoormanError } from '../core/errors.ts';
import type { Scheme } from '../core/sender-constraint.ts';

/** An access token and the scheme it came under. */
export interface Credential {
  readonly scheme: Scheme;
  readonly token: string;
}

interface SchemeGrammar {
  readonly scheme: Scheme;
  /** `scheme 1*SP token68`, RFC 6750 section 2.1 and RFC 9449 section 7.1. */
  readonly credential: RegExp;
  /** The scheme at the beginning, whatever follows it. */
  readonly start: RegExp;
  /** The scheme after a comma: a second field line, or a list. */
  readonly later: RegExp;
}

/** Schemes are case-insensitive, RFC 9110 section 11.1. */
const grammars: readonly SchemeGrammar[] = (['bearer', 'dpop'] as const).map((scheme) => ({
  scheme,
  credential: new RegExp(`^${scheme} +([A-Za-z0-9\\-._~+/]+=*)$`, 'i'),
  start: new RegExp(`^${scheme}(?![!#$%&'*+.^_\`|~0-9a-z-])`, 'i'),
  later: new RegExp(`,\\s*${scheme}\\b`, 'i'),
}));

/**
 * Reads the access token out of an `Authorization` field value.
 *
 * Several field lines reach this function joined by commas, as `Headers` joins them; a comma cannot
 * stand in a token, so they are refused whichever order they came in. Tokens in the query, a form
 * or a cookie do not exist here (OAuth 2.1 section 5.1). The token itself is not looked at.
 *
 * @param value the field value; `null` where the request has none.
 * @param schemes the schemes accepted here; a credential of any other counts as none.
 * @returns `null` where no such credential was sent: nothing, an empty value, a scheme without a
 *   token, or another scheme.
 * @throws DoormanError `authorization_malformed` for anything that starts as an accepted credential
 *   and is not exactly one.
 */
export function readCredential(
  value: string | null,
  schemes: readonly Scheme[],
): Credential | null {
  const text = value?.trim() ?? '';
  const accepted = grammars.filter(({ scheme }) => schemes.includes(scheme));
  for (const { scheme, credential } of accepted) {
    const token = credential.exec(text)?.[1];
    if (token !== undefined) return { scheme, token };
  }
  if (accepted.some(({ scheme }) => text.toLowerCase() === scheme)) return null;
  if (accepted.some(({ start, later }) => start.test(text) || later.test(text))) {
    throw new DoormanError('authorization_malformed');
  }
  return null;
}
