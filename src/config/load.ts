import { readFileSync } from 'node:fs';
import { providers } from '../../providers/index.ts';
import { isLoopback } from '../core/loopback.ts';
import type { IssuerProfile } from '../core/provider.ts';
import { compilePolicy, type Policy } from '../policy/policy.ts';
import type { Config } from './config.ts';
import { type Complain, createFindings, type Findings } from './findings.ts';
import {
  policyFromFile,
  policyFromRequired,
  policyFromToolScopes,
  type ReadFile,
} from './policy-source.ts';
import { ConfigError } from './problem.ts';
import { parseSettings, type Settings } from './settings.ts';
import { type Environment, readSources, type SettingTexts } from './sources.ts';
import {
  hostProblem,
  issuerProblem,
  originProblem,
  parseUpstream,
  resourceProblem,
} from './urls.ts';

export interface LoadOptions {
  readonly env: Environment;
  /** Values of command-line flags, by setting name. */
  readonly flags: SettingTexts;
  /** `--insecure-no-auth`; a flag only, so that no inherited environment can open the gateway. */
  readonly insecureNoAuth: boolean;
  readonly readFile?: ReadFile;
}

/** Whether protection is off on purpose; anything that would open the gateway otherwise is a finding. */
function isUnprotected(settings: Settings, flag: boolean, complain: Complain): boolean {
  const { enabled, host, issuer } = settings;
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
  if (enabled !== 'false' && issuer === undefined) {
    const why = enabled === 'true' ? 'is needed, since MCP_OAUTH_ENABLED=true' : 'is not set';
    complain(
      'issuer',
      `${why}. Name the identity provider whose tokens count, such as https://idp.example.com/realms/acme (to look around first: mcp-doorman demo)`,
    );
  }
  return enabled === 'false' && flag;
}

function resolveResource({ resource, host, port }: Settings, complain: Complain): string {
  if (resource !== undefined) {
    complain('resource', resourceProblem(resource));
    return resource;
  }
  if (!isLoopback(host) || port === 0) {
    const why = port === 0 ? 'the port is chosen at start' : `${host} is no public name`;
    complain(
      'resource',
      `is not set, and ${why}. Set the URL that clients will use, such as https://mcp.example.com/mcp`,
    );
  }
  const name = ['127.0.0.1', '[::1]', '::1'].includes(host) ? 'localhost' : host;
  return `http://${name}:${port}/mcp`;
}

function resolveIssuers(settings: Settings, resource: string, complain: Complain): IssuerProfile[] {
  const { issuer, audience = [] } = settings;
  if (issuer === undefined) return [];
  const problem = issuerProblem(issuer);
  complain('issuer', problem);
  return problem === null
    ? [providers.generic.issuer({ issuer, resource, audiences: audience })]
    : [];
}

/** What is wrong with the members of a list, all of them. */
function problemsOf(
  items: readonly string[],
  problemOf: (item: string) => string | null,
): string | null {
  const wrong = items.flatMap((item) => {
    const problem = problemOf(item);
    return problem === null ? [] : [`${item} ${problem}`];
  });
  return wrong.length === 0 ? null : wrong.join('; ');
}

function resolveUpstream(
  settings: Settings,
  resource: string,
  complain: Complain,
): Config['upstream'] {
  const { upstream, upstreamTimeout, host, port } = settings;
  const headersTimeoutMs = upstreamTimeout * 1000;
  const nowhere = { url: new URL('http://127.0.0.1:0'), headersTimeoutMs };
  if (upstream === undefined) {
    complain(
      'upstream',
      'is not set. Give the URL of the MCP server to protect, such as http://127.0.0.1:9000/mcp',
    );
    return nowhere;
  }
  const url = parseUpstream(upstream);
  if (typeof url === 'string') {
    complain('upstream', url);
    return nowhere;
  }
  if (isLoopback(url.hostname) && isLoopback(host) && Number(url.port) === port && port !== 0) {
    complain('upstream', `is this gateway itself (port ${port}). Give the MCP server another port`);
  }
  if (upstream === resource) {
    complain(
      'upstream',
      'is the public URL of this gateway. Give the URL of the MCP server itself',
    );
  }
  return { url, headersTimeoutMs };
}

function resolvePolicy(settings: Settings, findings: Findings, readFile: ReadFile): Policy {
  const { toolScopes, policyFile, requiredScopes } = settings;
  if (toolScopes !== undefined && policyFile !== undefined) {
    findings.complain(
      'toolScopes',
      'cannot be combined with MCP_OAUTH_POLICY_FILE. Move its rules into the file',
    );
  }
  const required = findings.attempt(() =>
    policyFromRequired(requiredScopes, findings.origin('requiredScopes')),
  );
  const document = findings.attempt(() => {
    if (policyFile !== undefined) {
      return policyFromFile(policyFile, findings.origin('policyFile'), readFile);
    }
    if (toolScopes === undefined) return {};
    return policyFromToolScopes(toolScopes, findings.origin('toolScopes'));
  });
  return compilePolicy(document ?? {}, required?.required ?? []);
}

/**
 * Reads the whole configuration, flags over environment over defaults. Nothing is opened and no
 * network is touched.
 *
 * @throws ConfigError with every problem at once, each with its source and a way out. In doubt it
 *   throws: an incomplete configuration never becomes an open gateway.
 */
export function loadConfig(options: LoadOptions): Config {
  const sources = readSources(options.env, options.flags);
  const { settings, issues } = parseSettings(sources.texts);
  const findings = createFindings(sources, issues);
  const { complain } = findings;

  const insecureNoAuth = isUnprotected(settings, options.insecureNoAuth, complain);
  const resource = resolveResource(settings, complain);
  const issuers = resolveIssuers(settings, resource, complain);
  const upstream = resolveUpstream(settings, resource, complain);
  const readFile = options.readFile ?? ((path) => readFileSync(path, 'utf8'));
  const policy = resolvePolicy(settings, findings, readFile);
  complain('allowedOrigins', problemsOf(settings.allowedOrigins, originProblem));
  complain('allowedHosts', problemsOf(settings.allowedHosts, hostProblem));

  if (findings.problems.length > 0) throw new ConfigError(findings.problems);
  return {
    resource,
    issuers: insecureNoAuth ? [] : issuers,
    policy: insecureNoAuth ? compilePolicy({}) : policy,
    challengeScopes: settings.challengeScopes,
    upstream,
    allowedOrigins: settings.allowedOrigins,
    allowedHosts: settings.allowedHosts,
    listen: { host: settings.host.replace(/^\[|\]$/g, ''), port: settings.port },
    loopback: isLoopback(settings.host),
    logLevel: settings.logLevel,
    insecureNoAuth,
  };
}
