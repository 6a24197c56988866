import type { AuthorityClaim, ProviderSettings } from '../src/core/provider.ts';
import { parseScopes } from '../src/core/scopes.ts';
import type { Claims } from '../src/core/types.ts';

/** Reads one claim of authority; by default it stands at the top of the token. */
export type ReadAuthority = (claims: Claims, name: AuthorityClaim) => ReadonlySet<string>;

/** The claim of that name, a string or an array. */
export const topLevelAuthority: ReadAuthority = (claims, name) => parseScopes(claims[name]);

/**
 * Narrows what a token was granted to what each claim of authority that the operator asks for
 * holds as well. Such a claim tells what a user may do at all, not what this client was given, so
 * it never adds anything; one that is missing leaves nothing.
 */
export function narrowScopes(
  granted: ReadonlySet<string>,
  claims: Claims,
  { authority }: ProviderSettings,
  read: ReadAuthority = topLevelAuthority,
): ReadonlySet<string> {
  const holdings = authority.map((name) => read(claims, name));
  return new Set([...granted].filter((scope) => holdings.every((held) => held.has(scope))));
}
