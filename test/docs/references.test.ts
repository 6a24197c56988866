import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { references } from '../../scripts/references.ts';
import { loadConfig } from '../../src/config/load.ts';

describe('generated references', () => {
  it.each(Object.entries(references()))('%s is what npm run references writes', (path, text) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(text);
  });

  it('.env.example holds values that are accepted when uncommented', () => {
    const text = references()['.env.example'] ?? '';
    const entries = [...text.matchAll(/^#([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]);
    expect(entries.length).toBeGreaterThan(10);
    const { MCP_OAUTH_POLICY_FILE, ...env } = Object.fromEntries(entries);
    expect(MCP_OAUTH_POLICY_FILE).toMatch(/\.yaml$/);
    const config = loadConfig({ env, flags: {}, insecureNoAuth: false });
    expect(config.policy.scopes).toContain('mcp:admin');
  });
});
