import { describe, expect, it } from 'vitest';
import { posture } from '../../src/cli/posture.ts';
import { loadConfig } from '../../src/config/load.ts';

const env = {
  MCP_OAUTH_ISSUER: 'https://idp.example/realms/acme',
  MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9000/mcp',
};

function line(more: Record<string, string>, insecureNoAuth = false): string {
  const config = loadConfig({ env: { ...env, ...more }, flags: {}, insecureNoAuth });
  return posture(config, 'http://127.0.0.1:3000/mcp');
}

describe('posture', () => {
  it('says on one line what is protected, by whom, for which audience, by which rules and where', () => {
    expect(
      line({
        MCP_OAUTH_AUDIENCE: 'api://one api://two',
        MCP_OAUTH_TOOL_SCOPES: 'list_*=read; *=admin',
        MCP_OAUTH_REQUIRED_SCOPES: 'access',
      }),
    ).toBe(
      'mcp-doorman listening on http://127.0.0.1:3000/mcp for http://127.0.0.1:9000/mcp | ' +
        'resource http://localhost:3000/mcp | ' +
        'issuer https://idp.example/realms/acme with audience api://one or api://two | ' +
        'rules: 2 tool rules; resources and prompts need only the required scopes (access) | ' +
        'a login is asked for: access read admin',
    );
  });

  it('does not make more of a gateway without rules than it is', () => {
    expect(line({})).toContain('| rules: none, every valid token may do everything |');
    expect(line({})).toContain('a login is asked for: no scope');
  });

  it('is loud about a gateway that protects nothing', () => {
    expect(line({ MCP_OAUTH_ENABLED: 'false' }, true)).toBe(
      'mcp-doorman listening on http://127.0.0.1:3000/mcp for http://127.0.0.1:9000/mcp | ' +
        'NO AUTHENTICATION: everybody on this machine may do everything',
    );
  });
});
