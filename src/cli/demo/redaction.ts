import { createHash } from 'node:crypto';

const secrets: ReadonlySet<string> = new Set([
  'access_token',
  'client_secret',
  'code',
  'code_verifier',
  'id_token',
  'refresh_token',
  'registration_access_token',
  'state',
  'token',
]);

/** A short name for a secret: equal secrets look equal, and nothing of it can be recovered. */
export function fingerprint(kind: string, secret: string): string {
  return `‹${kind} ${createHash('sha256').update(secret).digest('hex').slice(0, 8)}›`;
}

/** The value of an OAuth parameter or JSON member, or its fingerprint where the name is a secret's. */
export function redact(name: string, value: unknown): unknown {
  return secrets.has(name) ? fingerprint(name.replaceAll('_', ' '), String(value)) : value;
}

/** The URL with every secret in its query replaced by a fingerprint. */
export function redactUrl(url: URL): URL {
  const clean = new URL(url);
  for (const [name, value] of url.searchParams)
    clean.searchParams.set(name, String(redact(name, value)));
  return clean;
}

/** A path whose random segments (identifiers of one login) are cut to their beginning. */
export function shortPath(path: string): string {
  return path.replace(/\/([\w-]{6})[\w-]{26,}(?=\/|$)/g, '/$1…');
}

/** Cuts out anything that looks like a JWT, wherever it came from. */
export function cutTokens(text: string): string {
  return text.replace(/eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '‹token›');
}
