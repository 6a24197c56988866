import { DoormanError } from '../core/errors.ts';
import type { LogFields } from '../core/ports.ts';
import type { HintsOf, Operation, Principal } from '../core/types.ts';
import { challengeScopes, decide } from '../policy/decide.ts';
import type { Policy } from '../policy/policy.ts';

/**
 * Judges one operation by the policy in force.
 *
 * @param hintsOf what the server's own list says of a tool; without it no rule by annotation fits.
 * @returns whether the issuer has to confirm the token before the operation may go on.
 * @throws DoormanError `scope_insufficient`, `operation_denied` or `method_unknown`
 */
export type Authorize = (
  principal: Principal,
  operation: Operation,
  hintsOf?: HintsOf,
) => { readonly introspect: boolean };

const mostLogged = 5;
const longestLogged = 256;

/** What an operation touches, short enough for a log line whatever the client wrote. */
function describeTargets({ targets }: Operation): LogFields {
  const shown = targets.slice(0, mostLogged);
  return {
    targets: shown.map(({ type, name }) => `${type} ${name.slice(0, longestLogged)}`),
    ...(targets.length > mostLogged && { targetCount: targets.length }),
  };
}

/** Turns the decisions of one policy into refusals. */
export function createAuthorize(policy: Policy): Authorize {
  return (principal, operation, hintsOf) => {
    const decision = decide(principal, operation, policy, hintsOf);
    if (decision.allowed) return decision;
    const { issuer, subject } = principal;
    const detail = { issuer, subject, method: operation.method, ...describeTargets(operation) };
    if (decision.code === 'scope_insufficient') {
      const { code, needed } = decision;
      const scopes = challengeScopes(principal, needed, policy);
      throw new DoormanError(code, { detail: { ...detail, needed }, scopes });
    }
    const rpcCode = decision.code === 'method_unknown' ? { rpcCode: -32601 } : {};
    throw new DoormanError(decision.code, { detail, ...rpcCode });
  };
}
