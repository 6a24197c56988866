import type { Service } from '../config/config.ts';
import type { Log } from '../core/ports.ts';

/** Resources by the issuer and audience of the tokens that open them. */
function resourcesByAudience(services: readonly Service[]): Map<string, Map<string, string[]>> {
  const byIssuer = new Map<string, Map<string, string[]>>();
  for (const { resource, issuers } of services) {
    for (const { profile } of issuers) {
      const byAudience = byIssuer.get(profile.issuer) ?? new Map<string, string[]>();
      byIssuer.set(profile.issuer, byAudience);
      for (const audience of profile.audiences) {
        byAudience.set(audience, [...(byAudience.get(audience) ?? []), resource]);
      }
    }
  }
  return byIssuer;
}

/**
 * Warns the operator of what an accepted configuration cannot promise: tokens of an issuer that are
 * not made for this server alone, and tokens that open several services because their audience is
 * that of each.
 */
export function logCaveats(services: readonly Service[], log: Log): void {
  const caveats = new Map(
    services.flatMap(({ issuers }) =>
      issuers.map(({ profile }) => [profile.issuer, profile.caveat] as const),
    ),
  );
  for (const [issuer, caveat] of caveats) {
    if (caveat !== null) log.warn('issuer_caveat', { issuer, caveat });
  }
  for (const [issuer, byAudience] of resourcesByAudience(services)) {
    for (const [audience, resources] of byAudience) {
      if (resources.length > 1) log.warn('audience_shared', { issuer, audience, resources });
    }
  }
}
