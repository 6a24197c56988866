import type { Config } from '../config/config.ts';
import type { TrustedIssuer } from '../core/issuer.ts';
import { describePolicy, firstScopes } from '../policy/policy.ts';

function describeIssuer({ profile, validation }: TrustedIssuer): string {
  const { issuer, audiences, provider, caveat } = profile;
  const accepted = `issuer ${issuer} with audience ${audiences.join(' or ')}`;
  const how = `${accepted} (${provider}, validation ${validation})`;
  return caveat === null ? how : `${how}: ${caveat}`;
}

function describeBinding({ senderConstraint, staticTokens }: Config): readonly string[] {
  const { dpop, certificateHeader } = senderConstraint;
  const count = staticTokens.length;
  return [
    ...(count > 0 ? [`${count} static ${count === 1 ? 'token' : 'tokens'}`] : []),
    `DPoP ${dpop}`,
    ...(certificateHeader === null ? [] : [`client certificates from ${certificateHeader}`]),
  ];
}

/**
 * The line a ready gateway prints: what is protected, by which issuers, for which audiences, under
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
  const login =
    config.issuers.length > 0
      ? `a login is asked for: ${first.length > 0 ? first.join(' ') : 'no scope'}`
      : 'no OAuth: static tokens only';
  return [
    start,
    `resource ${config.resource}`,
    ...config.issuers.map(describeIssuer),
    ...describeBinding(config),
    `rules: ${describePolicy(config.policy)}`,
    login,
    ...(config.insecureHttp
      ? ['INSECURE: http:// is accepted off loopback, where others can read tokens and forge keys']
      : []),
  ].join(' | ');
}
