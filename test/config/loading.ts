import type { Config, Service } from '../../src/config/config.ts';
import { type LoadOptions, loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problem.ts';

/** The least that is accepted. */
export const sound = {
  MCP_OAUTH_ISSUER: 'https://idp.example/tenants/acme',
  MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9000/mcp',
};

export function load(
  env: Readonly<Record<string, string>>,
  options: Partial<LoadOptions> = {},
): Config {
  return loadConfig({ env, flags: {}, insecureNoAuth: false, ...options });
}

/** The service of a configuration that has only one. */
export function loadService(
  env: Readonly<Record<string, string>>,
  options: Partial<LoadOptions> = {},
): Service {
  const [service] = load(env, options).services;
  return service;
}

/** Every problem as `source: message`; empty when the configuration is accepted. */
export function problems(
  env: Readonly<Record<string, string>>,
  options: Partial<LoadOptions> = {},
): string[] {
  try {
    load(env, options);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ source, message }) => `${source}: ${message}`);
  }
}

/** Reads from the given texts, by path, and from nothing else. */
export function files(texts: Readonly<Record<string, string>>): Partial<LoadOptions> {
  return {
    readFile(path) {
      const text = texts[path];
      if (text !== undefined) return text;
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    },
  };
}
