import type { IssuerProfile } from '../src/core/provider.ts';
import type { Claims } from '../src/core/types.ts';
import { firstString, hasForeignClaim } from './claims.ts';

/** What a member may say of an access token, where it is given (RFC 7662 section 2.2). */
const marks: Readonly<Record<string, RegExp>> = {
  token_type: /^(?:bearer|dpop)$/i,
  typ: /^(?:bearer|dpop)$/i,
  token_use: /^access(?:_token)?$/,
};

function isForClient({ aud, ...answer }: Claims, resource: string): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return !named.includes(resource) || firstString(answer, ['client_id', 'azp']) === resource;
}

/**
 * Makes the test of an introspection answer. Providers call refresh tokens and ID tokens active
 * too, so nothing in the answer may say otherwise; and where it is for an audience other than the
 * resource, which may be a client id as in every ID token, something must say that it is one: a
 * type, a use or a scope.
 *
 * @param resource public URL of the MCP endpoint.
 */
export function accessAnswerTest(resource: string): IssuerProfile['isAccessAnswer'] {
  return (answer) => {
    const given = Object.keys(marks).filter((name) => answer[name] !== undefined);
    if (!given.every((name) => marks[name]?.test(`${answer[name]}`))) return false;
    if (hasForeignClaim(answer, given.length > 0 ? ['nonce'] : [])) return false;
    const marked = given.length > 0 || 'scope' in answer || 'scp' in answer;
    return marked || !isForClient(answer, resource);
  };
}
