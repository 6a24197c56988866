import { readFileSync } from 'node:fs';
import { isLoopback } from '../core/loopback.ts';
import { compilePolicy } from '../policy/policy.ts';
import type { Config } from './config.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import { type Complain, createFindings } from './findings.ts';
import { resolveIssuers } from './issuers.ts';
import { resolvePolicy } from './policy-source.ts';
import { ConfigError } from './problem.ts';
import { isUnprotected } from './protection.ts';
import type { Reading } from './reading.ts';
import { readSenderConstraint } from './sender-constraint.ts';
import { parseSettings, type SettingName, type Settings } from './settings.ts';
import { type Environment, readSources, type SettingTexts, unknownVariables } from './sources.ts';
import { resolveStaticTokens } from './static-token-source.ts';
import { hostProblem, originProblem, parseUpstream, resourceProblem } from './urls.ts';
import { type ReadFile, readYamlFile } from './yaml-file.ts';

export interface LoadOptions {
  readonly env: Environment;
  /** Values of command-line flags, by setting name. */
  readonly flags: SettingTexts;
  /** `--insecure-no-auth`; a flag only, so that no inherited environment can open the gateway. */
  readonly insecureNoAuth: boolean;
  readonly readFile?: ReadFile;
}

type Complaints = Complain<SettingName>;

/** @throws ConfigError for a file that cannot be read, since nothing else can be judged then. */
function openConfigFile({ env, flags }: LoadOptions, readFile: ReadFile): ConfigFile | null {
  const path = (flags.configFile ?? env.MCP_OAUTH_CONFIG_FILE ?? '').trim();
  if (path === '') return null;
  const source = flags.configFile === undefined ? 'MCP_OAUTH_CONFIG_FILE' : '--config-file';
  const findings = createFindings(unknownVariables(env));
  const file = findings.attempt(() => readConfigFile(readYamlFile(path, source, readFile)));
  if (file === null) throw new ConfigError(findings.problems);
  return file;
}

function resolveResource(settings: Settings, complain: Complaints): string {
  const { resource, host, port, insecureHttp } = settings;
  if (resource !== undefined) {
    complain('resource', resourceProblem(resource, insecureHttp));
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
  complain: Complaints,
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

/**
 * Reads the whole configuration, flags over environment over file over defaults. Besides the files
 * it names nothing is opened, and no network is touched.
 *
 * @throws ConfigError with every problem at once, each with its source and a way out. In doubt it
 *   throws: an incomplete configuration never becomes an open gateway.
 */
export function loadConfig(options: LoadOptions): Config {
  const readFile = options.readFile ?? ((path) => readFileSync(path, 'utf8'));
  const file = openConfigFile(options, readFile);
  const sources = readSources(options.env, options.flags, file);
  const { settings, issues } = parseSettings(sources.texts);
  const findings = createFindings(sources.problems);
  const complain: Complaints = findings.about(sources.origin);
  for (const { name, message } of issues) complain(name, message);
  const reading: Reading = { settings, sources, file, findings, complain, readFile };

  const hasIssuer = settings.issuer !== undefined || (file?.issuers.length ?? 0) > 0;
  const flag = options.insecureNoAuth;
  const insecureNoAuth = isUnprotected(settings, { hasIssuer, flag }, complain);
  const resource = resolveResource(settings, complain);
  const policy = resolvePolicy(reading);
  const { introspects } = policy;
  const issuers = resolveIssuers(reading, { resource, introspects });
  const staticTokens = resolveStaticTokens(reading, hasIssuer);
  const senderConstraint = readSenderConstraint(settings, resource, complain);
  const upstream = resolveUpstream(settings, resource, complain);
  complain('allowedOrigins', problemsOf(settings.allowedOrigins, originProblem));
  complain('allowedHosts', problemsOf(settings.allowedHosts, hostProblem));

  if (findings.problems.length > 0) throw new ConfigError(findings.problems);
  return {
    resource,
    issuers: insecureNoAuth ? [] : issuers,
    staticTokens: insecureNoAuth ? [] : staticTokens,
    senderConstraint,
    policy: insecureNoAuth ? compilePolicy({}) : policy,
    challengeScopes: settings.challengeScopes,
    upstream,
    allowedOrigins: settings.allowedOrigins,
    allowedHosts: settings.allowedHosts,
    listen: { host: settings.host.replace(/^\[|\]$/g, ''), port: settings.port },
    loopback: isLoopback(settings.host),
    logLevel: settings.logLevel,
    insecureHttp: settings.insecureHttp,
    insecureNoAuth,
  };
}
