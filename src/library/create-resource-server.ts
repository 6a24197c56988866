import { isLoopback } from '../core/loopback.ts';
import { type Ports, type Store, systemPorts } from '../core/ports.ts';
import type { SenderConstraint } from '../core/sender-constraint.ts';
import type { StaticToken } from '../core/static-token.ts';
import { splitResource } from '../http/resource.ts';
import type { PolicyDocument } from '../policy/document.ts';
import { type ChallengeMode, compilePolicy } from '../policy/policy.ts';
import { type ToolScopes, withToolScopes } from '../policy/tool-scopes.ts';
import type { ResourceServerParts } from '../resource-server.ts';
import { createMemoryStore } from '../store/memory.ts';
import { partitionStore } from '../store/partition.ts';
import type { IssuerOptions } from './issuer-options.ts';
import { trustIssuer } from './issuers.ts';
import { publish, type ResourceServer } from './resource-server.ts';

/** What {@link createResourceServer} has to know. */
export interface ResourceServerOptions {
  /** Public URL of the MCP endpoint, byte for byte: the identifier clients ask tokens for. */
  readonly resource: string;
  /** Issuers whose tokens count; clients are told of them in this order. */
  readonly issuers: readonly (string | IssuerOptions)[];
  /** What each operation needs; without rules a valid token may do everything. */
  readonly policy?: PolicyDocument;
  /** What single tools need besides, as `collectToolScopes` finds it declared beside them. */
  readonly toolScopes?: ToolScopes;
  /** Which of the policy's scopes a first login is asked for; `auto` unless given. */
  readonly challengeScopes?: ChallengeMode;
  /** Long-lived tokens of your own beside OAuth; none unless given. */
  readonly staticTokens?: readonly StaticToken[];
  /** DPoP (RFC 9449): `off` unless given, and then a bound token is refused. */
  readonly dpop?: SenderConstraint['dpop'];
  /** Whether a DPoP proof must carry a nonce of ours; `false` unless given. */
  readonly dpopNonce?: boolean;
  /** What replicas share; memory unless given. The caller closes a store of its own. */
  readonly store?: Store;
  /** Accepts plain http off loopback: whoever is on that network can read tokens and forge keys. */
  readonly insecureHttp?: boolean;
  /** Ways to touch the world; web-standard ones with a silent log unless given. */
  readonly ports?: Partial<Ports>;
}

function checkTransport(resource: string, insecureHttp: boolean): void {
  const { protocol, hostname } = new URL(splitResource(resource).origin);
  if (protocol === 'https:' || insecureHttp || isLoopback(hostname)) return;
  throw new TypeError(`resource ${resource} must be https; http only on loopback`);
}

/**
 * Makes the OAuth 2.1 resource server of one MCP endpoint (RFC 6750, RFC 9728): it verifies access tokens, decides by the
 * policy what they may do, and answers refusals, on web-standard requests. Nothing is fetched before
 * the first request.
 *
 * Not checked: `Host`, `Origin` and the path; a mount (`mcp-doorman/hono`, `/node`, `/fetch`) does.
 *
 * @throws TypeError for options that cannot be enforced, such as an issuer without audience, and
 *   `PolicyDocumentError` for a policy that cannot be read
 */
export function createResourceServer(options: ResourceServerOptions): ResourceServer {
  const { resource, insecureHttp = false } = options;
  checkTransport(resource, insecureHttp);
  const ports = { ...systemPorts, ...options.ports };
  const store = options.store ?? createMemoryStore(ports.clock);
  const parts: ResourceServerParts = {
    resource,
    issuers: options.issuers.flatMap((entry) =>
      trustIssuer(typeof entry === 'string' ? { issuer: entry } : entry, {
        resource,
        insecureHttp,
      }),
    ),
    staticTokens: options.staticTokens ?? [],
    senderConstraint: {
      dpop: options.dpop ?? 'off',
      dpopNonce: options.dpopNonce ?? false,
      resource,
      certificateHeader: null,
      trustedProxies: [],
    },
    policy: withToolScopes(compilePolicy(options.policy ?? {}), options.toolScopes ?? {}),
    challengeScopes: options.challengeScopes ?? 'auto',
    insecureNoAuth: false,
    store: partitionStore(store, resource),
    ports,
  };
  return publish(parts, async () => {
    if (options.store === undefined) await store.close();
  });
}
