import type { IssuerProfile } from '../core/provider.ts';
import type { Policy } from '../policy/policy.ts';
import type { Settings } from './settings.ts';

/** The whole configuration, checked: what the composition root and the command line work with. */
export interface Config {
  readonly resource: string;
  /** Empty only together with `insecureNoAuth`. */
  readonly issuers: readonly IssuerProfile[];
  readonly policy: Policy;
  readonly challengeScopes: Settings['challengeScopes'];
  readonly upstream: { readonly url: URL; readonly headersTimeoutMs: number };
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly listen: { readonly host: string; readonly port: number };
  /** Whether the listening address can be reached from this machine only. */
  readonly loopback: boolean;
  readonly logLevel: Settings['logLevel'];
  /** Protection is switched off, on purpose and on loopback. */
  readonly insecureNoAuth: boolean;
}
