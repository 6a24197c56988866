import { DoormanError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { IssuerProfile } from '../core/provider.ts';
import type { Claims, Principal } from '../core/types.ts';
import { judgeClaims } from './claims.ts';
import type { CompactJwt } from './compact.ts';
import type { Answer } from './inquiry.ts';
import { headerType } from './jwt.ts';

/** Members that may say what kind of token an answer is about, for the operator's log. */
const kindMembers = ['token_type', 'token_use', 'typ'] as const;

function describeKind(answer: Claims): Claims {
  const said = kindMembers.filter((name) => answer[name] !== undefined);
  return Object.fromEntries(said.map((name) => [name, String(answer[name]).slice(0, 64)]));
}

/**
 * Issuers say `active` of ID and refresh tokens too (Spring, Keycloak, Hydra), some without naming
 * the kind. A JWT therefore also needs the positive mark that it would need under its signature.
 */
function isAccessToken(answer: Claims, jwt: CompactJwt | null, profile: IssuerProfile): boolean {
  if (!profile.isAccessAnswer(answer)) return false;
  return (
    jwt === null || profile.isAccessToken(headerType(jwt.header), { ...jwt.claims, ...answer })
  );
}

/**
 * An issuer that leaves `cnf` out of its answer must not turn a token that is bound to a key into
 * one that anybody may send: what the active JWT says of it stands.
 */
function withBinding(answer: Claims, jwt: CompactJwt | null): Claims {
  if (jwt === null || !Object.hasOwn(jwt.claims, 'cnf')) return answer;
  return { cnf: jwt.claims.cnf, ...answer };
}

/** RFC 7662 section 2.2: `sub` is optional; `username`, else the client, stands in for it. */
function subjectOf(answer: Claims, principal: Principal): string | null {
  const { username } = answer;
  const user = typeof username === 'string' && username !== '' ? username : null;
  return principal.subject ?? user ?? principal.clientId;
}

/**
 * Judges what an issuer says of a token as strictly as a signed token's claims. The answer need not
 * repeat `iss`: it came from the issuer that was asked.
 *
 * @param jwt the token where it is a JWT, `null` where it is opaque.
 * @throws DoormanError `token_inactive`, `type_denied`, and what `judgeClaims` throws.
 */
export function judgeAnswer(
  answer: Answer,
  jwt: CompactJwt | null,
  profile: IssuerProfile,
  clock: Clock,
): Principal {
  const { issuer } = profile;
  if (answer === 'inactive') throw new DoormanError('token_inactive', { detail: { issuer } });
  if (!isAccessToken(answer, jwt, profile))
    throw new DoormanError('type_denied', { detail: { issuer, ...describeKind(answer) } });
  const named = answer.iss === undefined ? { ...answer, iss: issuer } : answer;
  const claims = withBinding(named, jwt);
  const principal = judgeClaims(claims, profile, clock);
  return { ...principal, subject: subjectOf(answer, principal) };
}
