import { readFileSync } from 'node:fs';
import { isLoopback } from '../core/loopback.ts';
import type { WrittenCommand } from './child-command.ts';
import type { Config } from './config.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import { createFindings, type Findings } from './findings.ts';
import { ConfigError } from './problem.ts';
import { isUnprotected } from './protection.ts';
import type { Reading } from './reading.ts';
import { resolveServices } from './services.ts';
import { parseSettings } from './settings.ts';
import { type Environment, readSources, type SettingTexts, unknownVariables } from './sources.ts';
import { resolveStoreUrl } from './store-url.ts';
import { hostProblem, originProblem } from './urls.ts';
import { type ReadFile, readYamlFile } from './yaml-file.ts';

export interface LoadOptions {
  readonly env: Environment;
  /** Values of command-line flags, by setting name. */
  readonly flags: SettingTexts;
  /** `--insecure-no-auth`; a flag only, so that no inherited environment can open the gateway. */
  readonly insecureNoAuth: boolean;
  /** What stands behind `--`: a program and its arguments; `null` or missing for nothing. */
  readonly command?: readonly string[] | null;
  readonly readFile?: ReadFile;
}

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

/** The command that starts the MCP server: behind `--`, or in the file. */
function commandOf(
  { command = null }: LoadOptions,
  file: ConfigFile | null,
  findings: Findings,
): WrittenCommand | null {
  const written = file?.command ?? null;
  if (command === null) return written;
  const place = (): string => '--';
  if (written !== null) {
    const message =
      'cannot be combined with the command in the configuration file. Keep one of them';
    findings.about(place)(null, message);
  }
  return { value: { command }, place };
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
  const findings = createFindings([...unknownVariables(options.env), ...(file?.problems ?? [])]);
  const complain = findings.about(sources.origin);
  for (const { name, message } of issues) complain(name, message);
  const shared: Reading = {
    settings,
    sources,
    issuers: file?.issuers ?? [],
    policy: file?.policy ?? null,
    command: commandOf(options, file, findings),
    env: options.env,
    isEntry: false,
    findings,
    complain,
    readFile,
  };

  const insecureNoAuth = isUnprotected(settings, options.insecureNoAuth, complain);
  const services = resolveServices(shared, file, insecureNoAuth);
  const storeUrl = resolveStoreUrl(shared);
  complain('allowedOrigins', problemsOf(settings.allowedOrigins, originProblem));
  complain('allowedHosts', problemsOf(settings.allowedHosts, hostProblem));

  if (findings.problems.length > 0) throw new ConfigError(findings.problems);
  return {
    services,
    streamLeewaySeconds: settings.streamLeeway,
    storeUrl,
    allowedOrigins: settings.allowedOrigins,
    allowedHosts: settings.allowedHosts,
    listen: { host: settings.host.replace(/^\[|\]$/g, ''), port: settings.port },
    loopback: isLoopback(settings.host),
    logLevel: settings.logLevel,
    insecureHttp: settings.insecureHttp,
    insecureNoAuth,
  };
}
