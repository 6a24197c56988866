import { DoormanError } from '../core/errors.ts';
import { credentialsToSet } from './client-auth.ts';
import { type CompactJwt, isJwtShaped, parseCompact } from './compact.ts';
import type { Trusted } from './trusted.ts';

/** The one way to verify a token, and the issuer to verify it with. */
export type Route =
  | { readonly path: 'signature'; readonly by: Trusted; readonly jwt: CompactJwt }
  | { readonly path: 'inquiry'; readonly by: Trusted; readonly jwt: CompactJwt | null };

/** Characters of an issuer that anybody can make up. */
const longestLogged = 512;

/** An opaque token names no issuer, and showing it to the wrong one would give it away. */
function onlyAsked(trusted: readonly Trusted[]): Trusted | null {
  const asked = trusted.filter(({ paths }) => paths.opaque !== null);
  if (asked.length > 1) {
    const named = asked.map(({ profile }) => profile.issuer).join(', ');
    throw new TypeError(
      `opaque tokens name no issuer, and several could be asked about them (${named}): ` +
        'set validation to jwt for all but one',
    );
  }
  return asked[0] ?? null;
}

/**
 * Makes the function that finds the way for a token by its kind. Nothing of the token is verified.
 *
 * @returns a function that throws DoormanError `token_malformed`, `issuer_untrusted`, `type_denied`,
 *   or `token_inactive` where only static tokens count.
 * @throws TypeError when an issuer is given twice, or opaque tokens could be of several issuers.
 */
export function createRoute(trusted: readonly Trusted[]): (token: string) => Route {
  const byIssuer = new Map(trusted.map((entry) => [entry.profile.issuer, entry]));
  if (byIssuer.size < trusted.length) throw new TypeError('issuers must not repeat an issuer');
  const asked = onlyAsked(trusted);

  function routeJwt(token: string): Route {
    const jwt = parseCompact(token);
    const { iss } = jwt.claims;
    const by = typeof iss === 'string' ? byIssuer.get(iss) : undefined;
    if (by === undefined)
      throw new DoormanError('issuer_untrusted', {
        detail: {
          got: typeof iss === 'string' ? iss.slice(0, longestLogged) : typeof iss,
          expected: [...byIssuer.keys()],
        },
      });
    if (by.paths.jwt === null)
      throw new DoormanError('type_denied', {
        detail: { issuer: by.profile.issuer, got: 'a JWT', expected: 'an opaque access token' },
      });
    return { path: by.paths.jwt, by, jwt };
  }

  return (token) => {
    if (trusted.length === 0)
      throw new DoormanError('token_inactive', { detail: { expected: 'a static token' } });
    if (isJwtShaped(token)) return routeJwt(token);
    if (asked !== null) return { path: 'inquiry', by: asked, jwt: null };
    const set = `${credentialsToSet} to have opaque tokens introspected`;
    throw new DoormanError('token_malformed', {
      detail: { got: 'no JWT', expected: 'a signed JWT', set },
    });
  };
}
