import type { TrustedIssuer } from '../core/issuer.ts';
import type { SenderConstraint } from '../core/sender-constraint.ts';
import type { StaticToken } from '../core/static-token.ts';
import type { UpstreamIdentity } from '../core/upstream-identity.ts';
import type { Policy } from '../policy/policy.ts';
import type { ChildCommand } from './child-command.ts';
import type { Settings } from './settings.ts';

/** An MCP server that is reached by a URL. */
export interface UrlUpstream {
  /** Streamable HTTP, or the HTTP+SSE of MCP 2024-11-05. */
  readonly transport: 'http' | 'sse';
  readonly url: URL;
  readonly headersTimeoutMs: number;
}

/** An MCP server that runs as a child of the gateway. */
export interface CommandUpstream extends ChildCommand {
  readonly transport: 'stdio';
  /** Longest wait for a child to answer the first request. */
  readonly startTimeoutMs: number;
}

/** One MCP server to protect: under which name, by whose tokens and which rules. */
export interface Service {
  readonly resource: string;
  /** Empty only where static tokens alone count, or together with `insecureNoAuth`. */
  readonly issuers: readonly TrustedIssuer[];
  readonly staticTokens: readonly StaticToken[];
  readonly senderConstraint: SenderConstraint;
  readonly policy: Policy;
  readonly challengeScopes: Settings['challengeScopes'];
  readonly upstream: UrlUpstream | CommandUpstream;
  readonly identity: UpstreamIdentity;
}

/** The whole configuration, checked: what the composition root and the command line work with. */
export interface Config {
  /** In the order written. */
  readonly services: readonly [Service, ...Service[]];
  /** How long an event stream may outlive its token. */
  readonly streamLeewaySeconds: number;
  /** URL of the Redis that replicas share, which may hold a password; `null` for memory. */
  readonly storeUrl: string | null;
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly listen: { readonly host: string; readonly port: number };
  /** Whether the listening address can be reached from this machine only. */
  readonly loopback: boolean;
  readonly logLevel: Settings['logLevel'];
  /** Issuers, their endpoints and the resources may be plain http off loopback, on purpose. */
  readonly insecureHttp: boolean;
  /** Protection is switched off, on purpose and on loopback. */
  readonly insecureNoAuth: boolean;
}
