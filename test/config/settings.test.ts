import { describe, expect, it } from 'vitest';
import { nearestName } from '../../src/config/nearest.ts';
import { settingDescriptions } from '../../src/config/settings.ts';

/** Names that scripts outside rely on. */
const fixed: Record<string, string | null> = {
  MCP_OAUTH_ISSUER: '--issuer',
  MCP_OAUTH_ENABLED: '--enabled',
  MCP_OAUTH_RESOURCE: '--resource',
  MCP_OAUTH_AUDIENCE: '--audience',
  MCP_OAUTH_PROVIDER: '--provider',
  MCP_OAUTH_VALIDATION: '--validation',
  MCP_OAUTH_CLIENT_ID: '--client-id',
  MCP_OAUTH_CLIENT_SECRET: null,
  MCP_OAUTH_CLIENT_SECRET_FILE: '--client-secret-file',
  MCP_OAUTH_CLIENT_AUTH: '--client-auth',
  MCP_OAUTH_DISCOVERY_URL: '--discovery-url',
  MCP_OAUTH_JWKS_URI: '--jwks-uri',
  MCP_OAUTH_INTROSPECTION_URI: '--introspection-uri',
  MCP_OAUTH_ALLOWED_CLIENTS: '--allowed-clients',
  MCP_OAUTH_ALLOWED_TENANTS: '--allowed-tenants',
  MCP_OAUTH_AUTHORITY_CLAIMS: '--authority-claims',
  MCP_OAUTH_SCOPE_PREFIX: '--scope-prefix',
  MCP_OAUTH_STATIC_TOKENS_FILE: '--static-tokens-file',
  MCP_OAUTH_DPOP: '--dpop',
  MCP_OAUTH_DPOP_NONCE: '--dpop-nonce',
  MCP_OAUTH_CLIENT_CERTIFICATE_HEADER: '--client-certificate-header',
  MCP_OAUTH_TRUSTED_PROXIES: '--trusted-proxies',
  MCP_OAUTH_INSECURE_HTTP: '--insecure-http',
  MCP_OAUTH_CONFIG_FILE: '--config-file',
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
      MCP_OAUTH_VALIDATION: 'auto',
      MCP_OAUTH_DPOP: 'off',
      MCP_OAUTH_INSECURE_HTTP: 'false',
      MCP_OAUTH_CLIENT_SECRET: null,
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
