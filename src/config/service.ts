import { isLoopback } from '../core/loopback.ts';
import { compilePolicy } from '../policy/policy.ts';
import { readCommand } from './child-command.ts';
import type { Service } from './config.ts';
import { resolveIssuers } from './issuers.ts';
import { resolvePolicy } from './policy-source.ts';
import { demandIssuer } from './protection.ts';
import type { Reading } from './reading.ts';
import { readSenderConstraint } from './sender-constraint.ts';
import type { Settings } from './settings.ts';
import { resolveStaticTokens } from './static-token-source.ts';
import { refuseUpstreamIdentity, resolveUpstreamIdentity } from './upstream-identity.ts';
import { parseUpstream, resourceProblem } from './urls.ts';

/** Why the address listened on is no resource for clients; `null` where it is one. */
function whyUnknown({ host, port }: Settings): string | null {
  if (port === 0) return 'the port is chosen at start';
  return isLoopback(host) ? null : `${host} is no public name`;
}

function resolveResource({ settings, isEntry, complain }: Reading): string {
  const { resource, host, port, insecureHttp } = settings;
  if (resource !== undefined) {
    complain('resource', resourceProblem(resource, insecureHttp));
    return resource;
  }
  const why = isEntry ? 'each of several needs its own' : whyUnknown(settings);
  if (why !== null) {
    complain(
      'resource',
      `is not set, and ${why}. Set the URL that clients will use, such as https://mcp.example.com/mcp`,
    );
  }
  const name = ['127.0.0.1', '[::1]', '::1'].includes(host) ? 'localhost' : host;
  return `http://${name}:${port}/mcp`;
}

function resolveUpstream(reading: Reading, resource: string): Service['upstream'] {
  const { settings, command, env, findings, complain } = reading;
  const { upstream, upstreamTimeout, host, port } = settings;
  const headersTimeoutMs = upstreamTimeout * 1000;
  const nowhere = {
    transport: 'http',
    url: new URL('http://127.0.0.1:0'),
    headersTimeoutMs,
  } as const;
  if (command !== null) {
    if (upstream !== undefined) {
      const message =
        'cannot be combined with a command that starts the MCP server. Keep one of them';
      complain('upstream', message);
    }
    const read = findings.attempt(() => readCommand(command, (name) => env[name]));
    if (read === null) return nowhere;
    return { transport: 'stdio', ...read, startTimeoutMs: headersTimeoutMs };
  }
  if (upstream === undefined) {
    complain(
      'upstream',
      'is not set. Give the URL of the MCP server to protect, such as http://127.0.0.1:9000/mcp, or the command that starts it',
    );
    return nowhere;
  }
  const parsed = parseUpstream(upstream);
  if (typeof parsed === 'string') {
    complain('upstream', parsed);
    return nowhere;
  }
  const { url } = parsed;
  if (isLoopback(url.hostname) && isLoopback(host) && Number(url.port) === port && port !== 0) {
    complain('upstream', `is this gateway itself (port ${port}). Give the MCP server another port`);
  }
  if (upstream === resource) {
    complain(
      'upstream',
      'is the public URL of this gateway. Give the URL of the MCP server itself',
    );
  }
  return { ...parsed, headersTimeoutMs };
}

/**
 * Makes one service of its settings. What is wrong is complained of, and the rest is still checked.
 *
 * @param insecureNoAuth protection is off: no issuer is demanded, and none counts.
 */
export function resolveService(reading: Reading, insecureNoAuth: boolean): Service {
  const { settings, complain } = reading;
  const hasIssuer = settings.issuer !== undefined || reading.issuers.length > 0;
  demandIssuer(settings, hasIssuer, complain);
  const resource = resolveResource(reading);
  const policy = resolvePolicy(reading);
  const { introspects } = policy;
  const issuers = resolveIssuers(reading, { resource, introspects });
  const staticTokens = resolveStaticTokens(reading, hasIssuer);
  const upstream = resolveUpstream(reading, resource);
  return {
    resource,
    issuers: insecureNoAuth ? [] : issuers,
    staticTokens: insecureNoAuth ? [] : staticTokens,
    senderConstraint: readSenderConstraint(settings, resource, complain),
    policy: insecureNoAuth ? compilePolicy({}) : policy,
    challengeScopes: settings.challengeScopes,
    upstream,
    identity:
      upstream.transport === 'stdio'
        ? refuseUpstreamIdentity(reading)
        : resolveUpstreamIdentity(reading, upstream.url),
  };
}
