import type { Ports } from '../core/ports.ts';
import type { LookupDialect } from '../core/provider.ts';
import { exchange, failure } from './exchange.ts';
import type { AskIssuer } from './inquiry.ts';
import { decodeJsonObject } from './json.ts';

/**
 * Statuses that can be about the token. A limit, an error of the server or a redirect never is, and
 * an adapter is not asked about them.
 */
const answered = [200, 400, 401, 403, 404];

/** Asks an issuer about a token by its adapter's own dialect, for want of RFC 7662. */
export function createLookup(dialect: LookupDialect, ports: Ports): AskIssuer {
  return async (token) => {
    const { url, body } = dialect.request(token);
    const init = { method: 'POST', body, headers: { accept: 'application/json' } };
    const reply = await exchange(url, init, answered, ports);
    if (!reply.ok) return reply;
    const { status } = reply.value;
    const answer = dialect.read(status, decodeJsonObject(reply.value.body));
    return answer === null
      ? failure(`status ${status} with an unknown answer`)
      : { ok: true, value: answer };
  };
}
