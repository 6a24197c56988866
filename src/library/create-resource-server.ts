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
import { checkChoice, checkOptionNames, withOptionNames } from './option-names.ts';
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

/** Complete by its type. */
const optionNames: Readonly<Record<keyof ResourceServerOptions, true>> = {
  resource: true,
  issuers: true,
  policy: true,
  toolScopes: true,
  challengeScopes: true,
  staticTokens: true,
  dpop: true,
  dpopNonce: true,
  store: true,
  insecureHttp: true,
  ports: true,
};

function checkOptions({ issuers, dpop, challengeScopes }: ResourceServerOptions): void {
  if (!Array.isArray(issuers)) throw new TypeError('issuers must be a list');
  checkChoice('dpop', dpop, ['off', 'optional', 'required']);
  checkChoice('challengeScopes', challengeScopes, ['auto', 'required', 'all']);
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
  checkOptionNames(options, optionNames);
  checkOptions(options);
  const { resource, insecureHttp = false } = options;
  const policy = withToolScopes(compilePolicy(options.policy ?? {}), options.toolScopes ?? {});
  const { introspects } = policy;
  checkTransport(resource, insecureHttp);
  const ports = { ...systemPorts, ...options.ports };
  const store = options.store ?? createMemoryStore(ports.clock);
  const parts: ResourceServerParts = {
    resource,
    issuers: options.issuers.flatMap((entry) =>
      trustIssuer(typeof entry === 'string' ? { issuer: entry } : entry, {
        resource,
        insecureHttp,
        introspects,
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
    policy,
    challengeScopes: options.challengeScopes ?? 'auto',
    insecureNoAuth: false,
    store: partitionStore(store, resource),
    ports,
  };
  const close = async (): Promise<void> => {
    if (options.store === undefined) await store.close();
  };
  return withOptionNames(() => publish(parts, close));
}
