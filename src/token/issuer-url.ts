import { isLoopback } from '../core/loopback.ts';

/** An issuer identifier taken apart without normalising anything. */
export interface ParsedIssuer {
  /** Scheme and authority as written. */
  readonly origin: string;
  /** Path without its terminating slash; empty for none. */
  readonly path: string;
  /** Whether the issuer is plain http on loopback, as in development. */
  readonly isLoopbackHttp: boolean;
}

const issuerGrammar = /^(https?:\/\/[^/?#@\s\\]+)((?:\/[^?#\s\\]*)?)$/i;

function isLoopbackHttp(url: URL): boolean {
  return url.protocol === 'http:' && isLoopback(url.hostname);
}

/**
 * Checks an issuer identifier (RFC 8414 section 2).
 *
 * @throws TypeError when it is no https URL (http only on loopback), or has a query, fragment or
 *   user info.
 */
export function parseIssuer(issuer: string): ParsedIssuer {
  const [, origin, path] = issuerGrammar.exec(issuer) ?? [];
  if (origin === undefined || path === undefined || !URL.canParse(issuer))
    throw new TypeError(
      `issuer ${JSON.stringify(issuer)} is no URL without query, fragment and user info`,
    );
  const url = new URL(issuer);
  if (url.protocol !== 'https:' && !isLoopbackHttp(url))
    throw new TypeError(`issuer ${JSON.stringify(issuer)} must be https; http only on loopback`);
  return { origin, path: path.replace(/\/$/, ''), isLoopbackHttp: isLoopbackHttp(url) };
}

/** Where an issuer may publish metadata: RFC 8414 section 3 and 5, OpenID Connect Discovery 4. */
export function wellKnownUrls({ origin, path }: ParsedIssuer): readonly string[] {
  const oauth = `${origin}/.well-known/oauth-authorization-server${path}`;
  const inserted = `${origin}/.well-known/openid-configuration${path}`;
  const appended = `${origin}${path}/.well-known/openid-configuration`;
  return path === '' ? [oauth, inserted] : [oauth, appended, inserted];
}

/**
 * Whether keys may be fetched from a URL that the issuer's metadata names: https, or http on
 * loopback where the issuer itself is plain http on loopback; no user info, no fragment. The host
 * may differ from the issuer's, as it does at Google and Cognito.
 */
export function isTrustworthyUrl(text: string, issuer: ParsedIssuer): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || text.includes('#')) return false;
  return url.protocol === 'https:' || (issuer.isLoopbackHttp && isLoopbackHttp(url));
}
