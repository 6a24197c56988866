import { isLoopback } from '../core/loopback.ts';

/** An issuer identifier taken apart without normalising anything. */
export interface ParsedIssuer {
  /** Scheme and authority as written. */
  readonly origin: string;
  /** Path without its terminating slash; empty for none. */
  readonly path: string;
  /** Where plain http is accepted: an https issuer never sends anybody to it. */
  readonly http: 'nowhere' | 'loopback' | 'anywhere';
}

const issuerGrammar = /^(https?:\/\/[^/?#@\s\\]+)((?:\/[^?#\s\\]*)?)$/i;

/**
 * Checks an issuer identifier (RFC 8414 section 2).
 *
 * @param insecureHttp accepts plain http off loopback too; `false` unless given.
 * @throws TypeError when it is no https URL (http only on loopback), or has a query, fragment or
 *   user info.
 */
export function parseIssuer(issuer: string, insecureHttp = false): ParsedIssuer {
  const [, origin, path] = issuerGrammar.exec(issuer) ?? [];
  if (origin === undefined || path === undefined || !URL.canParse(issuer))
    throw new TypeError(
      `issuer ${JSON.stringify(issuer)} is no URL without query, fragment and user info`,
    );
  const { protocol, hostname } = new URL(issuer);
  const asWritten = { origin, path: path.replace(/\/$/, '') };
  if (protocol === 'https:') return { ...asWritten, http: 'nowhere' };
  if (isLoopback(hostname)) return { ...asWritten, http: 'loopback' };
  if (insecureHttp) return { ...asWritten, http: 'anywhere' };
  throw new TypeError(`issuer ${JSON.stringify(issuer)} must be https; http only on loopback`);
}

/** Where an issuer may publish metadata: RFC 8414 section 3 and 5, OpenID Connect Discovery 4. */
export function wellKnownUrls({ origin, path }: ParsedIssuer): readonly string[] {
  const oauth = `${origin}/.well-known/oauth-authorization-server${path}`;
  const inserted = `${origin}/.well-known/openid-configuration${path}`;
  const appended = `${origin}${path}/.well-known/openid-configuration`;
  return path === '' ? [oauth, inserted] : [oauth, appended, inserted];
}

/** A URL that can be fetched as it is written: no user info, no fragment. */
function parseEndpoint(text: unknown): URL | null {
  if (typeof text !== 'string' || !URL.canParse(text) || text.includes('#')) return null;
  const url = new URL(text);
  return url.username === '' && url.password === '' ? url : null;
}

/**
 * Whether an endpoint that the issuer's metadata names may be asked: https, or http on loopback
 * where the issuer itself is plain http on loopback, any http where the operator accepts an insecure
 * issuer, or http where the operator had the metadata
 * fetched over http from that very origin. The host may differ from the issuer's, as it does at
 * Google and Cognito.
 *
 * @param source where the operator said the metadata is; `null` for the issuer's own place.
 */
export function isTrustworthyUrl(
  text: unknown,
  issuer: ParsedIssuer,
  source: string | null = null,
): text is string {
  const url = parseEndpoint(text);
  if (url === null) return false;
  if (url.protocol === 'https:') return true;
  if (source !== null && url.protocol === 'http:' && url.origin === new URL(source).origin)
    return true;
  if (url.protocol !== 'http:') return false;
  return issuer.http === 'anywhere' || (issuer.http === 'loopback' && isLoopback(url.hostname));
}

/**
 * Checks an endpoint that the operator set. Plain http is the configuration's to judge.
 *
 * @throws TypeError when it is no http(s) URL, or has user info or a fragment.
 */
export function checkEndpoint(text: string): void {
  if (/^https?:$/.test(parseEndpoint(text)?.protocol ?? '')) return;
  throw new TypeError(`${JSON.stringify(text)} is no http(s) URL without user info and fragment`);
}
