import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configFileExample, references } from '../../scripts/references.ts';
import { loadConfig } from '../../src/config/load.ts';

const files = references();

describe('generated references', () => {
  it.each(Object.entries(files))('%s is what npm run references writes', (path, text) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(text);
  });

  it('.env.example holds values that are accepted when uncommented', () => {
    const text = files['.env.example'] ?? '';
    const entries = [...text.matchAll(/^#([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]);
    expect(entries.length).toBeGreaterThan(10);
    const example: Record<string, string> = Object.fromEntries(entries);
    const sorted = Object.entries(example).filter(([name]) => !/_FILES?$/.test(name));
    for (const [name, value] of Object.entries(example)) {
      if (name.endsWith('_FILE')) expect(value, name).toMatch(/^\/[a-z/-]+(?:\.yaml)?$/);
    }
    // The generic provider has no tenants.
    const { MCP_OAUTH_ALLOWED_TENANTS: tenant, ...env } = Object.fromEntries(sorted);
    expect(tenant).toMatch(/^[0-9-]{36}$/);
    const config = loadConfig({ env, flags: {}, insecureNoAuth: false });
    expect(config.services[0].policy.scopes).toContain('mcp:admin');
    expect(config.insecureHttp).toBe(false);
  });

  it('docs/configuration.md shows a configuration file that is accepted', () => {
    expect(files['docs/configuration.md']).toContain(configFileExample.replace(/^(?=.)/gm, '    '));
    const config = loadConfig({
      env: {},
      flags: { configFile: 'config.yaml' },
      insecureNoAuth: false,
      readFile: (path) => (path === 'config.yaml' ? configFileExample : 'secret'),
    });
    const { issuers } = config.services[0];
    expect(issuers.map(({ profile }) => profile.provider)).toEqual(['keycloak', 'google']);
  });
});
