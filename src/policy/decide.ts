import { coversScopes, effectiveScopes, unionScopes } from '../core/scopes.ts';
import type { Decision, HintsOf, Operation, Principal, Target } from '../core/types.ts';
import type { Policy } from './policy.ts';
import { isPlainUri, uriReadings } from './resource-uri.ts';
import type { Requirement } from './section.ts';

/** What a thing asks for whose section is not there. */
const nothing: readonly Requirement[] = [];

const nothingTold: HintsOf = () => null;

/**
 * What a target asks for, once for each of its readings; `null` where its section is there and no
 * rule fits one of them.
 */
function requirementsOf(
  { type, name }: Target,
  { sections }: Policy,
  hintsOf: HintsOf,
): readonly Requirement[] | null {
  const section = sections[type];
  if (section === null) return nothing;
  if (type === 'resource' && !isPlainUri(name)) return null;
  const hints = section.readsHints ? hintsOf(name) : null;
  const found: Requirement[] = [];
  for (const reading of type === 'resource' ? uriReadings(name) : [name]) {
    const requirement = section.find(reading, hints);
    if (requirement === null) return null;
    found.push(requirement);
  }
  return found;
}

function nearest({ anyOf }: Requirement, effective: ReadonlySet<string>): readonly string[] {
  const missing = (scopes: readonly string[]): number =>
    scopes.reduce((count, scope) => count + (effective.has(scope) ? 0 : 1), 0);
  return anyOf.reduce((best, scopes) => (missing(scopes) < missing(best) ? scopes : best));
}

function methodScopes({ method }: Operation, { methods }: Policy): readonly string[] | null {
  if (method === null) return null;
  return methods.find(({ fits }) => fits(method))?.scopes ?? null;
}

/**
 * Decides one operation of one principal. Every target must be permitted; a refusal for want of
 * scopes names everything the whole operation needs at once, by the alternative that lacks least.
 * One target whose rule asks for introspection is enough to ask for it.
 *
 * Not checked: whether the principal's token is still valid.
 *
 * @param hintsOf what the server's own list said of a tool; without it rules by annotation fit none.
 */
export function decide(
  principal: Principal,
  operation: Operation,
  policy: Policy,
  hintsOf: HintsOf = nothingTold,
): Decision {
  const ofMethod = methodScopes(operation, policy);
  if (!operation.known && ofMethod === null) return { allowed: false, code: 'method_unknown' };
  const effective = effectiveScopes(principal.scopes, policy.hierarchy);
  const needed = new Set([...policy.required, ...(ofMethod ?? [])]);
  let introspect = false;
  for (const target of operation.targets) {
    const requirements = requirementsOf(target, policy, hintsOf);
    if (requirements === null) return { allowed: false, code: 'operation_denied' };
    for (const requirement of requirements) {
      for (const scope of nearest(requirement, effective)) needed.add(scope);
      introspect ||= requirement.introspect;
    }
  }
  if (coversScopes(effective, needed)) return { allowed: true, introspect };
  return { allowed: false, code: 'scope_insufficient', needed: [...needed] };
}

/**
 * What the challenge of a refusal names: the policy's scopes that the token holds, and the needed
 * ones, so that a client that replaces its scopes loses none. Scopes foreign to the policy are not
 * repeated.
 */
export function challengeScopes(
  principal: Principal,
  needed: readonly string[],
  policy: Policy,
): readonly string[] {
  return unionScopes(
    policy.scopes.filter((scope) => principal.scopes.has(scope)),
    needed,
  );
}
