/** Visible ASCII without the backslash, which `URL` would read as a slash. */
const plainHttpUrl = /^https?:\/\/[\x21-\x5b\x5d-\x7e]+$/i;
const unreserved = /[A-Za-z0-9\-._~]/;

function normalised(url: string): string | null {
  if (!plainHttpUrl.test(url) || !URL.canParse(url)) return null;
  const parsed = new URL(url);
  parsed.search = '';
  parsed.hash = '';
  return parsed.href.replace(/%[0-9a-f]{2}/gi, (escaped) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return unreserved.test(character) ? character : escaped.toUpperCase();
  });
}

/**
 * Whether the `htu` of a proof names a URL, by RFC 9449 section 4.3: without query and fragment,
 * after syntax-based and scheme-based normalisation (RFC 3986 sections 6.2.2 and 6.2.3). Case of
 * scheme and host, the default port, dot segments and needless escapes make no difference; case and
 * trailing slash of the path do.
 */
export function sameTarget(htu: string, url: string): boolean {
  const target = normalised(htu);
  return target !== null && target === normalised(url);
}
