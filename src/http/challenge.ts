import type { OAuthError } from '../core/errors.ts';

export interface Challenge {
  /** Absolute URL of the protected-resource metadata, RFC 9728 section 5.1. */
  readonly resourceMetadata: string;
  readonly error?: OAuthError | null;
  /** Scopes to ask for; an empty list leaves the parameter out. */
  readonly scopes?: readonly string[];
  /** Human-readable text; sent only together with an error. */
  readonly description?: string;
}

function quoted(value: string): string {
  const visible = value.replace(/[^\x20-\x7e]/g, '');
  return `"${visible.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * Builds a `WWW-Authenticate` value, RFC 6750 section 3.
 *
 * The order is part of the contract: `Bearer` first and `scope` before `error_description`, because
 * both MCP SDKs search for `scope=` with a plain pattern; for the same reason that text never
 * appears inside a description. Values are quoted, escaped and reduced to printable ASCII.
 */
export function bearerChallenge(challenge: Challenge): string {
  const { resourceMetadata, error, scopes = [], description } = challenge;
  const parameters = [`resource_metadata=${quoted(resourceMetadata)}`];
  if (error) parameters.push(`error="${error}"`);
  if (scopes.length > 0) parameters.push(`scope=${quoted(scopes.join(' '))}`);
  if (error && description) {
    const safe = description.replace(/scope\s*=/gi, 'scope ').replace(/["\\]/g, "'");
    parameters.push(`error_description=${quoted(safe)}`);
  }
  return `Bearer ${parameters.join(', ')}`;
}
