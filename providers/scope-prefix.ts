import type { IssuerProfile } from '../src/core/provider.ts';
import { parseScopes } from '../src/core/scopes.ts';

/** How one issuer writes scopes whose short names stand in the policy. */
export interface ScopeNames {
  readonly request: IssuerProfile['requestScope'];
  /** Short names from a scope claim; scopes of other resources keep their full names. */
  read(claim: unknown): ReadonlySet<string>;
}

/**
 * @param prefix what stands before a scope, with or without its closing slash; empty for nothing.
 */
export function scopeNames(prefix: string): ScopeNames {
  const start = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const shorten = (scope: string): string =>
    scope.length > start.length && scope.startsWith(start) ? scope.slice(start.length) : scope;
  return {
    request: (scope) => `${start}${scope}`,
    read: (claim) => new Set([...parseScopes(claim)].map(shorten)),
  };
}
