import type { Config } from '../config/config.ts';
import { describePolicy, firstScopes } from '../policy/policy.ts';

/**
 * The line a ready gateway prints: what is protected, by which issuer, for which audience, under
 * which rules, and where. Scripts wait for its beginning.
 */
export function posture(config: Config, url: string): string {
  // A query may hold a key.
  const upstream = config.upstream.url;
  const start = `mcp-doorman listening on ${url} for ${upstream.origin}${upstream.pathname}`;
  if (config.insecureNoAuth) {
    return `${start} | NO AUTHENTICATION: everybody on this machine may do everything`;
  }
  const first = firstScopes(config.policy, config.challengeScopes);
  return [
    start,
    `resource ${config.resource}`,
    ...config.issuers.map(
      ({ issuer, audiences }) => `issuer ${issuer} with audience ${audiences.join(' or ')}`,
    ),
    `rules: ${describePolicy(config.policy)}`,
    `a login is asked for: ${first.length > 0 ? first.join(' ') : 'no scope'}`,
  ].join(' | ');
}
