import type { Config, Service } from '../config/config.ts';
import type { TrustedIssuer } from '../core/issuer.ts';
import { splitResource } from '../http/resource.ts';
import { describePolicy, firstScopes } from '../policy/policy.ts';

function describeIssuer({ profile, validation }: TrustedIssuer): string {
  const { issuer, audiences, provider, caveat } = profile;
  const accepted = `issuer ${issuer} with audience ${audiences.join(' or ')}`;
  const how = `${accepted} (${provider}, validation ${validation})`;
  return caveat === null ? how : `${how}: ${caveat}`;
}

function describeBinding({ senderConstraint, staticTokens }: Service): readonly string[] {
  const { dpop, certificateHeader } = senderConstraint;
  const count = staticTokens.length;
  return [
    ...(count > 0 ? [`${count} static ${count === 1 ? 'token' : 'tokens'}`] : []),
    `DPoP ${dpop}`,
    ...(certificateHeader === null ? [] : [`client certificates from ${certificateHeader}`]),
  ];
}

/** Without a query or arguments: they may hold a key. */
function describeUpstream({ upstream }: Service): string {
  if (upstream.transport === 'stdio') return `the command ${upstream.program}`;
  const { transport, url } = upstream;
  return `${transport === 'sse' ? 'sse+' : ''}${url.origin}${url.pathname}`;
}

function describeProtection(service: Service): readonly string[] {
  const { resource, issuers, policy } = service;
  const first = firstScopes(policy, service.challengeScopes);
  const login =
    issuers.length > 0
      ? `a login is asked for: ${first.length > 0 ? first.join(' ') : 'no scope'}`
      : 'no OAuth: static tokens only';
  return [
    `resource ${resource}`,
    ...issuers.map(describeIssuer),
    ...describeBinding(service),
    `rules: ${describePolicy(policy)}`,
    login,
  ];
}

/**
 * The line a ready gateway prints: what is protected, by which issuers, for which audiences, under
 * which rules, and where; one service after the other. Scripts wait for its beginning.
 *
 * @param url where it listens, with the path of the first service.
 */
export function posture(config: Config, url: string): string {
  const { origin } = new URL(url);
  const services = config.services.map((service) => {
    const { endpoint } = splitResource(service.resource);
    const way = `${origin}${endpoint} for ${describeUpstream(service)}`;
    return config.insecureNoAuth ? [way] : [way, ...describeProtection(service)];
  });
  const warnings = [
    ...(config.insecureNoAuth
      ? ['NO AUTHENTICATION: everybody on this machine may do everything']
      : []),
    ...(config.insecureHttp && !config.insecureNoAuth
      ? ['INSECURE: http:// is accepted off loopback, where others can read tokens and forge keys']
      : []),
  ];
  const parts = services.map((parts) => parts.join(' | ')).join(' || ');
  return `mcp-doorman listening on ${[parts, ...warnings].join(' | ')}`;
}
