import { forwardedHeaders, isMcpHeader } from '../core/header-names.ts';

/** No `_` and no `.`: servers that turn names into variables take those for `-`. */
const plainName = /^[a-z][a-z0-9-]{0,63}$/;
const families = /^(?:accept|content|if|proxy|sec|access-control)(?:-|$)/;
/** What HTTP, its proxies and browsers give a meaning of their own. */
const taken: ReadonlySet<string> = new Set([
  'connection',
  'cookie',
  'date',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'origin',
  'range',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-by',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-forwarded-uri',
]);

/**
 * Why a header cannot be one that only the gateway sets; `null` where it can.
 *
 * @param name in lower case.
 */
export function ownHeaderProblem(name: string): string | null {
  if (!plainName.test(name)) return 'is no plain name of a header: letters, digits and -';
  if (forwardedHeaders.has(name) || isMcpHeader(name)) {
    return 'is a header that clients send themselves. Choose another, such as X-User';
  }
  if (families.test(name) || taken.has(name)) {
    return 'is a header that means something else in HTTP. Choose another, such as X-User';
  }
  return null;
}
