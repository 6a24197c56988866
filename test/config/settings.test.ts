import { describe, expect, it } from 'vitest';
import { nearestName } from '../../src/config/nearest.ts';
import { settingDescriptions } from '../../src/config/settings.ts';

/** Names that scripts outside rely on. */
const fixed: Record<string, string> = {
  MCP_OAUTH_ISSUER: '--issuer',
  MCP_OAUTH_ENABLED: '--enabled',
  MCP_OAUTH_RESOURCE: '--resource',
  MCP_OAUTH_AUDIENCE: '--audience',
  MCP_OAUTH_UPSTREAM: '--upstream',
  MCP_OAUTH_REQUIRED_SCOPES: '--required-scopes',
  MCP_OAUTH_TOOL_SCOPES: '--tool-scopes',
  MCP_OAUTH_POLICY_FILE: '--policy-file',
  MCP_OAUTH_CHALLENGE_SCOPES: '--challenge-scopes',
  MCP_OAUTH_ALLOWED_ORIGINS: '--allowed-origins',
  MCP_OAUTH_ALLOWED_HOSTS: '--allowed-hosts',
  MCP_OAUTH_LOG_LEVEL: '--log-level',
  HOST: '--host',
  PORT: '--port',
};

describe('settingDescriptions', () => {
  it('keeps the names that scripts rely on', () => {
    const names = Object.fromEntries(settingDescriptions.map(({ env, flag }) => [env, flag]));
    expect(names).toMatchObject(fixed);
  });

  it('explains every setting with a help sentence, a placeholder and an example', () => {
    for (const { env, help, placeholder, example } of settingDescriptions) {
      expect(help, env).toMatch(/^\S.*\.$/);
      expect(placeholder, env).not.toBe('');
      expect(example, env).not.toBe('');
    }
  });

  it('states the defaults that the schema applies', () => {
    const defaults = Object.fromEntries(
      settingDescriptions.map((setting) => [setting.env, setting.default]),
    );
    expect(defaults).toMatchObject({
      HOST: '127.0.0.1',
      PORT: '3000',
      MCP_OAUTH_LOG_LEVEL: 'info',
      MCP_OAUTH_CHALLENGE_SCOPES: 'auto',
      MCP_OAUTH_ISSUER: null,
      MCP_OAUTH_REQUIRED_SCOPES: null,
    });
  });
});

describe('nearestName', () => {
  const names = ['MCP_OAUTH_ISSUER', 'MCP_OAUTH_AUDIENCE', 'PORT'];

  it.each([
    ['MCP_OAUTH_ISSUR', 'MCP_OAUTH_ISSUER'],
    ['MCP_OAUTH_AUDIENCES', 'MCP_OAUTH_AUDIENCE'],
    ['POTR', 'PORT'],
  ])('finds what %s was meant to be', (name, meant) => {
    expect(nearestName(name, names)).toBe(meant);
  });

  it.each(['', 'COMPLETELY_DIFFERENT'])('guesses nothing for %j', (name) => {
    expect(nearestName(name, names)).toBeNull();
  });
});
