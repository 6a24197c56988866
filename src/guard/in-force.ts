import type { TrustedIssuer } from '../core/issuer.ts';
import type { Clock, Log } from '../core/ports.ts';
import { unionScopes } from '../core/scopes.ts';
import type { Scheme, SenderConstraint } from '../core/sender-constraint.ts';
import { type ResourceMetadata, resourceMetadata } from '../http/metadata.ts';
import { type ChallengeMode, firstScopes, type Policy } from '../policy/policy.ts';
import { type Authorize, createAuthorize } from './authorize.ts';
import { createListing, type Listing } from './listing.ts';
import { createRefuse, type Refuse } from './refuse.ts';
import { createToolHints, type DescribeTools, type ToolHintsMemory } from './tool-hints.ts';

/** All that follows from one policy, so that another replaces it as a whole. */
export interface InForce {
  readonly authorize: Authorize;
  readonly refuse: Refuse;
  /** `null` where nobody can log in. */
  readonly metadata: ResourceMetadata | null;
  readonly listing: Listing;
  /** `null` where no rule reads annotations. */
  readonly hints: ToolHintsMemory | null;
}

export interface InForceOptions {
  readonly resource: string;
  readonly issuers: readonly TrustedIssuer[];
  readonly senderConstraint: SenderConstraint;
  readonly challengeScopes: ChallengeMode;
  /** Schemes that challenges offer, in order. */
  readonly schemes: readonly Scheme[];
  readonly log: Log;
  readonly clock: Clock;
  readonly describeTools?: DescribeTools;
}

/** Prepares what is told and refused under a policy. Its scopes go out in each issuer's own words. */
export function enforce(policy: Policy, options: InForceOptions): InForce {
  const { resource, issuers, senderConstraint, schemes, log } = options;
  const advertised = issuers.map(({ profile }) => profile).filter((profile) => profile.advertised);
  const requestScopes = (scopes: readonly string[], issuer: string | null): readonly string[] => {
    const own = advertised.filter((profile) => profile.issuer === issuer);
    const asked = own.length > 0 ? own : advertised;
    return unionScopes(...asked.map(({ requestScope }) => scopes.map(requestScope)));
  };
  const first = firstScopes(policy, options.challengeScopes);
  const authorizationServers = advertised.map(({ issuer }) => issuer);
  const scopes = requestScopes(first, null);
  const metadata =
    advertised.length === 0
      ? null
      : resourceMetadata({ resource, authorizationServers, scopes, senderConstraint });
  const refuse = createRefuse({
    resourceMetadata: metadata?.url ?? null,
    schemes,
    first,
    known: policy.scopes,
    requestScopes,
    denial: policy.denial,
    log,
  });
  const hints = policy.sections.tool?.readsHints
    ? createToolHints(policy, options.clock, options.describeTools ?? null)
    : null;
  const listing = createListing(policy, hints);
  return { authorize: createAuthorize(policy), refuse, metadata, listing, hints };
}
