import { isLoopback } from '../core/loopback.ts';
import type { Complain } from './findings.ts';
import type { SettingName, Settings } from './settings.ts';

/**
 * Whether protection is off on purpose; anything that would open the gateway otherwise is a finding.
 *
 * @param flag whether `--insecure-no-auth` is given.
 */
export function isUnprotected(
  { enabled, host }: Settings,
  flag: boolean,
  complain: Complain<SettingName>,
): boolean {
  if (enabled === 'false' && !flag) {
    complain(
      'enabled',
      'false would leave the MCP server open to everybody. Remove it and set MCP_OAUTH_ISSUER, or add --insecure-no-auth on a loopback address',
    );
  }
  if (enabled === 'false' && flag && !isLoopback(host)) {
    complain(
      'host',
      `${host} can be reached from elsewhere, and --insecure-no-auth is for loopback only. Use 127.0.0.1`,
    );
  }
  if (enabled !== 'false' && flag) {
    complain(
      'enabled',
      'must be false for --insecure-no-auth to apply. Remove the flag, or set it to false',
    );
  }
  return enabled === 'false' && flag;
}

/** Complains of a service that nobody's tokens protect, though protection is not switched off. */
export function demandIssuer(
  { enabled, staticTokensFile }: Settings,
  hasIssuer: boolean,
  complain: Complain<SettingName>,
): void {
  if (enabled === 'false' || hasIssuer || staticTokensFile !== undefined) return;
  const why = enabled === 'true' ? 'is needed, since MCP_OAUTH_ENABLED=true' : 'is not set';
  complain(
    'issuer',
    `${why}. Name the identity provider whose tokens count, such as https://idp.example.com/realms/acme (to look around first: mcp-doorman demo)`,
  );
}
