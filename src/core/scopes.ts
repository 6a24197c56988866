const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Whether a text is one scope-token of RFC 6749 section 3.3. */
export function isScope(text: string): boolean {
  return scopeToken.test(text);
}

/**
 * Scopes of a claim: a space-separated string (RFC 6749 section 3.3) or an array of single scopes.
 * Anything else holds no scopes. Members that are no scope-token are left out, never repaired, so
 * a tab or a quote cannot turn one scope into two.
 */
export function parseScopes(claim: unknown): ReadonlySet<string> {
  const members = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return new Set(members.filter((member) => typeof member === 'string' && isScope(member)));
}

/** All members of the given sets, in order of first appearance. */
export function unionScopes(...sets: readonly Iterable<string>[]): readonly string[] {
  const union = new Set<string>();
  for (const set of sets) for (const scope of set) union.add(scope);
  return [...union];
}

/** Which scopes each scope implies, itself included, transitively closed. */
export type ScopeHierarchy = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Closes "implies" transitively.
 *
 * @param implies direct implications, broader scope → narrower ones. Scopes that imply each other
 *   are equivalent; that is not an error.
 */
export function scopeHierarchy(
  implies: Readonly<Record<string, readonly string[]>>,
): ScopeHierarchy {
  const direct = new Map(Object.entries(implies));
  const closure = new Map<string, ReadonlySet<string>>();
  for (const scope of direct.keys()) {
    const reached = new Set([scope]);
    for (const next of reached)
      for (const narrower of direct.get(next) ?? []) reached.add(narrower);
    closure.set(scope, reached);
  }
  return closure;
}

/** The held scopes together with everything they imply. */
export function effectiveScopes(
  held: ReadonlySet<string>,
  hierarchy: ScopeHierarchy,
): ReadonlySet<string> {
  if (hierarchy.size === 0) return held;
  const effective = new Set(held);
  for (const scope of held)
    for (const implied of hierarchy.get(scope) ?? []) effective.add(implied);
  return effective;
}

/** Whether every needed scope is among the effective ones. Nothing needed is always covered. */
export function coversScopes(effective: ReadonlySet<string>, needed: Iterable<string>): boolean {
  for (const scope of needed) if (!effective.has(scope)) return false;
  return true;
}
