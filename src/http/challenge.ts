import type { OAuthError } from '../core/error-table.ts';
import { signatureAlgorithms } from '../core/provider.ts';
import type { Scheme } from '../core/sender-constraint.ts';

export interface Challenge {
  /** Absolute URL of the protected-resource metadata, RFC 9728 section 5.1; `null` without OAuth. */
  readonly resourceMetadata: string | null;
  /** Schemes to offer, in order; `Bearer` alone unless given. */
  readonly schemes?: readonly Scheme[];
  /** The scheme whose use failed and which therefore carries the error; the first unless given. */
  readonly presented?: Scheme | null;
  readonly error?: OAuthError | null;
  /** Scopes to ask for; an empty list leaves the parameter out. */
  readonly scopes?: readonly string[];
  /** Human-readable text; sent only together with an error. */
  readonly description?: string;
}

const schemeNames: Readonly<Record<Scheme, string>> = { bearer: 'Bearer', dpop: 'DPoP' };

/** Errors that RFC 9449 section 7.1 defines for its own scheme. */
const proofErrors: readonly OAuthError[] = ['invalid_dpop_proof', 'use_dpop_nonce'];

function quoted(value: string): string {
  const visible = value.replace(/[^\x20-\x7e]/g, '');
  return `"${visible.replace(/["\\]/g, '\\$&')}"`;
}

function oneChallenge(scheme: Scheme, challenge: Challenge): string {
  const { resourceMetadata, error, scopes = [], description } = challenge;
  // A scheme needs a parameter, RFC 6750 section 3.
  const parameters = [
    resourceMetadata === null ? 'realm="mcp"' : `resource_metadata=${quoted(resourceMetadata)}`,
  ];
  if (error) parameters.push(`error="${error}"`);
  if (scopes.length > 0) parameters.push(`scope=${quoted(scopes.join(' '))}`);
  if (scheme === 'dpop') parameters.push(`algs=${quoted(signatureAlgorithms.join(' '))}`);
  if (error && description) {
    const safe = description.replace(/scope\s*=/gi, 'scope ').replace(/["\\]/g, "'");
    parameters.push(`error_description=${quoted(safe)}`);
  }
  return `${schemeNames[scheme]} ${parameters.join(', ')}`;
}

function failedScheme({ schemes = ['bearer'], presented, error }: Challenge): Scheme | undefined {
  if (error && proofErrors.includes(error)) return 'dpop';
  return schemes.find((scheme) => scheme === presented) ?? schemes[0];
}

/**
 * Builds a `WWW-Authenticate` value, RFC 6750 section 3 and RFC 9449 section 7.1: one challenge for
 * each scheme on offer, the error in the one that the request used.
 *
 * The order is part of the contract: the schemes as given, because MCP SDK v1 reads the header only
 * where `Bearer` leads, and `scope` before `error_description`, because both MCP SDKs search for
 * `scope=` with a plain pattern; for the same reason that text never appears inside a description.
 * Values are quoted, escaped and reduced to printable ASCII.
 */
export function challengeHeader(challenge: Challenge): string {
  const { schemes = ['bearer'], error } = challenge;
  const failed = failedScheme(challenge);
  return schemes
    .map((scheme) =>
      oneChallenge(scheme, { ...challenge, error: scheme === failed ? (error ?? null) : null }),
    )
    .join(', ');
}
