import { describe, expect, it } from 'vitest';
import { posture } from '../../src/cli/posture.ts';
import { files, load } from '../config/loading.ts';

const env = {
  MCP_OAUTH_ISSUER: 'https://idp.example/tenants/acme',
  MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9000/mcp',
};
const hash = `sha256:${'ab'.repeat(32)}`;
const start = 'mcp-doorman listening on http://127.0.0.1:3000/mcp for http://127.0.0.1:9000/mcp | ';

function line(
  more: Record<string, string>,
  {
    insecureNoAuth = false,
    texts = {},
  }: { insecureNoAuth?: boolean; texts?: Record<string, string> } = {},
): string {
  const config = load({ ...env, ...more }, { ...files(texts), insecureNoAuth });
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
      `${start}resource http://localhost:3000/mcp | ` +
        'issuer https://idp.example/tenants/acme with audience api://one or api://two (generic, validation auto) | ' +
        'DPoP off | ' +
        'rules: 2 tool rules; resources and prompts need only the required scopes (access) | ' +
        'a login is asked for: access read admin',
    );
  });

  it('names the program of a command, not its arguments, which may hold a key', () => {
    const { MCP_OAUTH_ISSUER } = env;
    const command = ['npx', '-y', 'server', '--key', 'cAnArY'];
    const text = posture(load({ MCP_OAUTH_ISSUER }, { command }), 'http://127.0.0.1:3000/mcp');
    expect(text).toContain('http://127.0.0.1:3000/mcp for the command npx | ');
    expect(text).not.toContain('cAnArY');
  });

  it('names every issuer, how it is verified, and what its tokens are not', () => {
    const config = `issuers:
  - { issuer: "https://sso.example/realms/acme", validation: jwt }
  - { issuer: "https://accounts.google.com", allowedClients: [us] }
upstream: http://127.0.0.1:9000/mcp
`;
    const loaded = load({ MCP_OAUTH_CONFIG_FILE: 'c.yaml' }, files({ 'c.yaml': config }));
    const text = posture(loaded, 'http://127.0.0.1:3000/mcp');
    expect(text).toMatch(
      /\| issuer https:\/\/sso\.example\/realms\/acme with audience \S+ \(keycloak, validation jwt\)/,
    );
    expect(text).toMatch(
      /\| issuer https:\/\/accounts\.google\.com with audience us \(google, .*not audience-bound/,
    );
  });

  it('describes one service after the other, each with its own way, tokens and rules', () => {
    const config = `issuer: https://idp.example/
upstreams:
  - resource: https://mcp.example/notes
    upstream: http://127.0.0.1:9001/mcp?key=cAnArY
    requiredScopes: [notes]
  - resource: https://mcp.example/reports
    upstream: http://127.0.0.1:9002/x
    issuer: https://other.example/
`;
    const loaded = load(
      { MCP_OAUTH_CONFIG_FILE: 'c.yaml', MCP_OAUTH_INSECURE_HTTP: 'true' },
      files({ 'c.yaml': config }),
    );
    const text = posture(loaded, 'http://127.0.0.1:3000/notes');
    const [first, second, ...further] = text.split(' || ');
    expect(first).toMatch(
      /^mcp-doorman listening on http:\/\/127\.0\.0\.1:3000\/notes for http:\/\/127\.0\.0\.1:9001\/mcp \| resource https:\/\/mcp\.example\/notes \| issuer https:\/\/idp\.example\/ .*asked for: notes$/,
    );
    expect(second).toMatch(
      /^http:\/\/127\.0\.0\.1:3000\/reports for http:\/\/127\.0\.0\.1:9002\/x \| resource https:\/\/mcp\.example\/reports \| issuer https:\/\/other\.example\/ .*no scope \| INSECURE/,
    );
    expect(further).toEqual([]);
    expect(text).not.toMatch(/cAnArY|\n/);
  });

  it('counts static tokens, without a name or a hash', () => {
    const token = (name: string, pair: string): string =>
      `  - { name: ${name}, hash: "${hash.replaceAll('ab', pair)}", scopes: [] }\n`;
    const one = `tokens:\n${token('alpha', 'ab')}`;
    const more = { MCP_OAUTH_STATIC_TOKENS_FILE: 't.yaml' };
    expect(line(more, { texts: { 't.yaml': one } })).toContain(' | 1 static token | ');
    const text = line(more, { texts: { 't.yaml': `${one}${token('beta', 'cd')}` } });
    expect(text).toContain(' | 2 static tokens | ');
    expect(text).not.toMatch(/alpha|beta|abab|cdcd/);
  });

  it('says which bound tokens are understood', () => {
    const text = line({
      MCP_OAUTH_DPOP: 'required',
      MCP_OAUTH_CLIENT_CERTIFICATE_HEADER: 'Client-Cert',
      MCP_OAUTH_TRUSTED_PROXIES: '127.0.0.1',
    });
    expect(text).toContain(' | DPoP required | client certificates from Client-Cert | ');
  });

  it('says where a server is asked in the older way', () => {
    const text = line({ MCP_OAUTH_UPSTREAM: 'sse+http://127.0.0.1:9000/sse?key=1' });
    expect(text).toContain(' for sse+http://127.0.0.1:9000/sse | ');
  });

  it('is loud about plain http', () => {
    expect(line({ MCP_OAUTH_INSECURE_HTTP: 'true' })).toMatch(/\| INSECURE: http:\/\/ is accepted/);
    expect(line({})).not.toContain('INSECURE');
  });

  it('never shows a secret', () => {
    const text = line({ MCP_OAUTH_CLIENT_ID: 'us', MCP_OAUTH_CLIENT_SECRET: 'cAnArY' });
    expect(text).toContain('(generic, validation auto)');
    expect(text).not.toContain('cAnArY');
  });

  it('does not make more of a gateway without rules than it is', () => {
    expect(line({})).toContain('| rules: none, every valid token may do everything |');
    expect(line({})).toContain('a login is asked for: no scope');
  });

  it('is loud about a gateway that protects nothing', () => {
    expect(line({ MCP_OAUTH_ENABLED: 'false' }, { insecureNoAuth: true })).toBe(
      `${start}NO AUTHENTICATION: everybody on this machine may do everything`,
    );
  });
});
