import { describe, expect, it } from 'vitest';
import type { LoadOptions } from '../../src/config/load.ts';
import { load, loadService, problems, sound } from './loading.ts';

describe('a minimal configuration', () => {
  it('protects http://localhost:3000/mcp for its issuer, with the resource as audience', () => {
    const config = load(sound);
    expect(config.services[0].resource).toBe('http://localhost:3000/mcp');
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 3000 });
    expect(config.services[0].issuers).toMatchObject([
      {
        profile: {
          issuer: 'https://idp.example/tenants/acme',
          provider: 'generic',
          audiences: ['http://localhost:3000/mcp'],
        },
        validation: 'auto',
        client: null,
        endpoints: { discovery: null, jwks: null, introspection: null },
      },
    ]);
    expect(config.services[0].staticTokens).toEqual([]);
    expect(config.insecureHttp).toBe(false);
    expect(config.services[0].upstream).toMatchObject({
      url: new URL('http://127.0.0.1:9000/mcp'),
    });
    expect(config.insecureNoAuth).toBe(false);
    expect(config.loopback).toBe(true);
  });

  it('keeps issuer and resource byte for byte', () => {
    const config = load({
      ...sound,
      MCP_OAUTH_ISSUER: 'https://Tenant.idp.example/',
      MCP_OAUTH_RESOURCE: 'https://MCP.example:443/mcp',
    });
    expect(config.services[0].issuers[0]?.profile.issuer).toBe('https://Tenant.idp.example/');
    expect(config.services[0].resource).toBe('https://MCP.example:443/mcp');
  });

  it('honours PORT, also in the resource', () => {
    const config = load({ ...sound, PORT: '8080' });
    expect(config.listen.port).toBe(8080);
    expect(config.services[0].resource).toBe('http://localhost:8080/mcp');
  });

  it('reads lists separated by commas or spaces', () => {
    const config = load({
      ...sound,
      MCP_OAUTH_AUDIENCE: 'one, two three',
      MCP_OAUTH_REQUIRED_SCOPES: 'a,b c',
      MCP_OAUTH_ALLOWED_ORIGINS: 'https://a.example https://b.example:8443',
    });
    expect(config.services[0].issuers[0]?.profile.audiences).toEqual(['one', 'two', 'three']);
    expect(config.services[0].policy.required).toEqual(['a', 'b', 'c']);
    expect(config.allowedOrigins).toEqual(['https://a.example', 'https://b.example:8443']);
  });

  it('lets a flag win over a variable, and a variable over the default', () => {
    const config = load({ ...sound, PORT: '4000' }, { flags: { port: '5000', logLevel: 'warn' } });
    expect(config.listen.port).toBe(5000);
    expect(config.logLevel).toBe('warn');
  });

  it('does not mind variables of other programs', () => {
    expect(problems({ ...sound, OAUTH_X: '1', MCP_X: '2' })).toEqual([]);
  });
});

describe('nothing opens the gateway by accident', () => {
  it('refuses an empty environment, naming what is missing and the way out', () => {
    expect(problems({})).toEqual([
      expect.stringMatching(/^MCP_OAUTH_ISSUER: is not set\. .*https:\/\/.*mcp-doorman demo/),
      expect.stringMatching(/^MCP_OAUTH_UPSTREAM: is not set\. .*http:\/\/127\.0\.0\.1:9000\/mcp/),
    ]);
  });

  it.each([
    ['enabled without an issuer', { MCP_OAUTH_ENABLED: 'true' }, /^MCP_OAUTH_ISSUER: is needed/],
    [
      'disabled without the flag',
      { MCP_OAUTH_ENABLED: 'false' },
      /^MCP_OAUTH_ENABLED: false would/,
    ],
    ['disabled although an issuer is set', { ...sound, MCP_OAUTH_ENABLED: 'false' }, /would leave/],
    ['enabled by another word', { ...sound, MCP_OAUTH_ENABLED: 'yes' }, /must be true or false/],
    ['an empty issuer', { ...sound, MCP_OAUTH_ISSUER: '' }, /^MCP_OAUTH_ISSUER: is empty/],
    ['a blank issuer', { ...sound, MCP_OAUTH_ISSUER: '  ' }, /^MCP_OAUTH_ISSUER: is empty/],
    ['an empty audience', { ...sound, MCP_OAUTH_AUDIENCE: '' }, /^MCP_OAUTH_AUDIENCE: is empty/],
    [
      'an audience of commas',
      { ...sound, MCP_OAUTH_AUDIENCE: ' , ' },
      /^MCP_OAUTH_AUDIENCE: names nothing/,
    ],
    [
      'a misspelt setting',
      { ...sound, MCP_OAUTH_TOOL_SCOPE: '*=a' },
      /mean MCP_OAUTH_TOOL_SCOPES\?/,
    ],
    ['a prefixed platform setting', { ...sound, MCP_OAUTH_PORT: '1' }, /did you mean PORT\?/],
    ['a setting of another version', { ...sound, MCP_OAUTH_MODE: 'jwt' }, /is no setting/],
    ['a foreign setting', { ...sound, MCP_OAUTH_QQQQQQQQQQQQ: '1' }, /--help for all names/],
  ])('refuses %s', (_, env, message) => {
    const found = problems(env as Record<string, string>);
    expect(found.filter((problem) => message.test(problem))).toHaveLength(1);
  });

  it('opens only when told so twice, and only on loopback', () => {
    const open = { MCP_OAUTH_ENABLED: 'false', MCP_OAUTH_UPSTREAM: sound.MCP_OAUTH_UPSTREAM };
    const config = load(open, { insecureNoAuth: true });
    expect(config).toMatchObject({
      insecureNoAuth: true,
      services: [{ issuers: [] }],
      loopback: true,
    });
    const elsewhere = { ...open, HOST: '0.0.0.0', MCP_OAUTH_RESOURCE: 'https://mcp.example/mcp' };
    expect(problems(elsewhere, { insecureNoAuth: true })).toEqual([
      expect.stringMatching(/^HOST: 0\.0\.0\.0 can be reached from elsewhere/),
    ]);
  });

  it('refuses the flag alone, whose meaning would be in doubt', () => {
    expect(problems(sound, { insecureNoAuth: true })).toEqual([
      expect.stringMatching(/^MCP_OAUTH_ENABLED: must be false for --insecure-no-auth/),
    ]);
  });
});

describe('URLs', () => {
  it.each([
    ['MCP_OAUTH_ISSUER', 'idp.example', /is not a URL/],
    ['MCP_OAUTH_ISSUER', 'http://idp.example', /must use https/],
    ['MCP_OAUTH_ISSUER', 'https://idp.example/?x=1', /query or a fragment/],
    ['MCP_OAUTH_ISSUER', 'https://idp.example/#x', /query or a fragment/],
    ['MCP_OAUTH_ISSUER', 'https://me:pw@idp.example/', /user name or password/],
    ['MCP_OAUTH_RESOURCE', 'http://mcp.example/mcp', /must use https/],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example/mcp#x', /query or a fragment/],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example/a b', /plain URL/],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example/*', /plain path/],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example/:id', /plain path/],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example/%6dcp', /plain path/],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example//mcp', /plain path/],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example/x/../mcp', /plain path/],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example/healthz', /which this gateway serves itself/],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example/.well-known/x', /which this gateway serves/],
    ['MCP_OAUTH_UPSTREAM', '127.0.0.1:9000', /is not a URL|must begin with/],
    ['MCP_OAUTH_UPSTREAM', 'ftp://127.0.0.1/mcp', /must begin with https:\/\/ or http:\/\//],
    ['MCP_OAUTH_UPSTREAM', 'http://user:pw@127.0.0.1/mcp', /user name or password/],
    ['MCP_OAUTH_UPSTREAM', 'http://127.0.0.1/mcp#x', /fragment/],
    ['MCP_OAUTH_UPSTREAM', 'http://localhost:3000/mcp', /is this gateway itself/],
    ['MCP_OAUTH_UPSTREAM', 'npx server', /is not a URL; .*a command goes behind --/],
    ['MCP_OAUTH_UPSTREAM', 'sse+ftp://127.0.0.1/sse', /must begin with https:\/\/ or http:\/\//],
    ['MCP_OAUTH_UPSTREAM', 'sse+sse+http://127.0.0.1/sse', /must begin with https/],
    ['MCP_OAUTH_UPSTREAM', 'sse+http://localhost:3000/sse', /is this gateway itself/],
    ['MCP_OAUTH_DISCOVERY_URL', 'idp.example', /is not a URL/],
    ['MCP_OAUTH_DISCOVERY_URL', 'http://idp.internal/x', /must use https.*INSECURE_HTTP/],
    ['MCP_OAUTH_JWKS_URI', 'http://idp.internal/keys', /must use https.*INSECURE_HTTP/],
    ['MCP_OAUTH_JWKS_URI', 'https://me:pw@idp.example/keys', /user name or password/],
    ['MCP_OAUTH_JWKS_URI', 'https://idp.example/keys#x', /fragment/],
    ['MCP_OAUTH_ALLOWED_ORIGINS', 'https://a.example/', /just the origin: https:\/\/a\.example/],
    ['MCP_OAUTH_ALLOWED_ORIGINS', 'https://a.example *', /is not a URL/],
  ])('refuses %s=%s', (name, value, message) => {
    const found = problems({ ...sound, [name]: value });
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(found[0]?.startsWith(`${name}: `)).toBe(true);
  });

  it.each([
    ['MCP_OAUTH_ISSUER', 'http://localhost:8080/realms/x'],
    ['MCP_OAUTH_ISSUER', 'http://127.0.0.1:8080'],
    ['MCP_OAUTH_RESOURCE', 'http://[::1]:3000/mcp'],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example'],
    ['MCP_OAUTH_RESOURCE', 'https://mcp.example/'],
    ['MCP_OAUTH_UPSTREAM', 'https://internal.example/mcp?tenant=a'],
    ['MCP_OAUTH_DISCOVERY_URL', 'https://idp.internal/.well-known/openid-configuration?p=a'],
    ['MCP_OAUTH_JWKS_URI', 'http://127.0.0.1:8080/keys'],
  ])('accepts %s=%s', (name, value) => {
    expect(problems({ ...sound, [name]: value })).toEqual([]);
  });

  it.each([
    [{ HOST: '0.0.0.0' }, /0\.0\.0\.0 is no public name/],
    [{ PORT: '0' }, /the port is chosen at start/],
  ])('asks for a resource where none can be derived: %j', (env, message) => {
    expect(problems({ ...sound, ...env })).toEqual([expect.stringMatching(message)]);
  });
});

describe('plain http off loopback', () => {
  const plain = {
    MCP_OAUTH_ISSUER: 'http://idp.internal/tenants/acme',
    MCP_OAUTH_RESOURCE: 'http://mcp.internal/mcp',
    MCP_OAUTH_DISCOVERY_URL: 'http://idp.internal/discovery',
    MCP_OAUTH_JWKS_URI: 'http://idp.internal/keys',
    MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9000/mcp',
  };

  it('is refused everywhere by default', () => {
    for (const off of [{}, { MCP_OAUTH_INSECURE_HTTP: 'false' }]) {
      expect(problems({ ...plain, ...off }).map((problem) => problem.split(':')[0])).toEqual([
        'MCP_OAUTH_RESOURCE',
        'MCP_OAUTH_DISCOVERY_URL',
        'MCP_OAUTH_JWKS_URI',
        'MCP_OAUTH_ISSUER',
      ]);
    }
  });

  it('is accepted when told so, and the configuration says it', () => {
    const config = load({ ...plain, MCP_OAUTH_INSECURE_HTTP: 'true' });
    expect(config.insecureHttp).toBe(true);
    expect(config.services[0].issuers[0]?.endpoints).toEqual({
      discovery: 'http://idp.internal/discovery',
      jwks: 'http://idp.internal/keys',
      introspection: null,
    });
  });
});

describe('other settings', () => {
  it.each([
    ['PORT', '65536', /0 to 65535/],
    ['PORT', '-1', /0 to 65535/],
    ['PORT', '3000x', /0 to 65535/],
    ['MCP_OAUTH_UPSTREAM_TIMEOUT', '0', /1 to 99999 seconds/],
    ['MCP_OAUTH_UPSTREAM_TIMEOUT', '1.5', /1 to 99999 seconds/],
    ['MCP_OAUTH_CHALLENGE_SCOPES', 'some', /auto, required or all/],
    ['MCP_OAUTH_LOG_LEVEL', 'verbose', /debug, info, warn, error or silent/],
    ['MCP_OAUTH_REQUIRED_SCOPES', 'a"b', /is not a scope/],
    ['MCP_OAUTH_REQUIRED_SCOPES', 'offline_access', /about the login/],
    ['MCP_OAUTH_PROVIDER', 'auth1', /must be auth0, .* or generic/],
    ['MCP_OAUTH_VALIDATION', 'local', /must be auto, jwt or introspection/],
    ['MCP_OAUTH_CLIENT_AUTH', 'none', /must be client_secret_basic, .* or private_key_jwt/],
    ['MCP_OAUTH_AUTHORITY_CLAIMS', 'groups', /may name permissions or roles only/],
    ['MCP_OAUTH_ALLOWED_CLIENTS', ' , ', /names nothing/],
    ['MCP_OAUTH_ALLOWED_TENANTS', ',', /names nothing/],
    ['MCP_OAUTH_SCOPE_PREFIX', '', /is empty/],
    ['MCP_OAUTH_DPOP', 'on', /must be off, optional or required/],
    ['MCP_OAUTH_DPOP_NONCE', 'yes', /must be true or false/],
    ['MCP_OAUTH_INSECURE_HTTP', '1', /must be true or false/],
    ['MCP_OAUTH_CONFIG_FILE', ' ', /is empty/],
    ['MCP_OAUTH_STATIC_TOKENS_FILE', '', /is empty/],
    ['MCP_OAUTH_TOOL_SCOPES', 'list', /"list" is not of the form/],
  ])('refuses %s=%s', (name, value, message) => {
    expect(problems({ ...sound, [name]: value })).toEqual([expect.stringMatching(message)]);
  });

  it('reports all problems of all sources at once', () => {
    const found = problems(
      { MCP_OAUTH_ISSUR: 'x', PORT: 'x', MCP_OAUTH_TOOL_SCOPES: 'a=;b' },
      { flags: { upstream: 'ftp://x', policyFile: 'missing.yaml' } },
    );
    const sources = found.map((problem) => problem.split(': ')[0]);
    expect(sources.sort()).toEqual([
      '--policy-file',
      '--upstream',
      'MCP_OAUTH_ISSUER',
      'MCP_OAUTH_ISSUR',
      'MCP_OAUTH_TOOL_SCOPES',
      'PORT',
    ]);
  });
});

describe('the policy', () => {
  const withFile = (text: string): Partial<LoadOptions> => ({
    flags: { policyFile: 'policy.yaml' },
    readFile: (path) => {
      expect(path).toBe('policy.yaml');
      return text;
    },
  });

  it('comes from the short form', () => {
    const { policy } = loadService({ ...sound, MCP_OAUTH_TOOL_SCOPES: 'list_*=read; *=admin' });
    expect(policy.scopes).toEqual(['read', 'admin']);
    expect(policy.sections.tool?.find('list_all')).toMatchObject({ anyOf: [['read']] });
    expect(policy.sections.tool?.find('other')).toMatchObject({ anyOf: [['admin']] });
  });

  it('comes from a file, in YAML or JSON, joined with the required scopes', () => {
    const yaml = 'required: [file]\ntools:\n  - { match: "*", scopes: [read] }\n';
    const json = '{"required":["file"],"tools":[{"match":"*","scopes":["read"]}]}';
    for (const text of [yaml, json]) {
      const { policy } = loadService(
        { ...sound, MCP_OAUTH_REQUIRED_SCOPES: 'env' },
        withFile(text),
      );
      expect(policy.required).toEqual(['env', 'file']);
      expect(policy.sections.tool?.find('x')).toMatchObject({ anyOf: [['read']] });
    }
  });

  it('cannot come from both', () => {
    const env = { ...sound, MCP_OAUTH_TOOL_SCOPES: '*=a' };
    expect(problems(env, withFile('tools: []'))).toEqual([
      expect.stringMatching(/^MCP_OAUTH_TOOL_SCOPES: cannot be combined/),
    ]);
  });

  it.each([
    ['an unknown key', 'toools: []', /^policy\.yaml:1:1: .*toools/],
    [
      'a rule without scopes',
      'tools:\n  - match: x\n',
      /^policy\.yaml:2:5: tools\.0.*scopes or anyOf/,
    ],
    [
      'a bad scope',
      'required:\n  - ok\n  - "a b"\n',
      /^policy\.yaml:3:5: required\.1: "a b" is not/,
    ],
    ['a duplicate key', 'tools: []\ntools: []\n', /^policy\.yaml:2:1: .*unique/],
    ['broken YAML', 'tools: [\n', /^policy\.yaml:\d+:\d+: /],
    ['an empty file', '', /^policy\.yaml/],
    ['a list', '- a\n', /^policy\.yaml:1:1/],
  ])('names the place of %s', (_, text, message) => {
    const found = problems(sound, withFile(text));
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatch(message);
  });

  it('says which file cannot be read, and why', () => {
    expect(problems({ ...sound, MCP_OAUTH_POLICY_FILE: '/nowhere/policy.yaml' })).toEqual([
      'MCP_OAUTH_POLICY_FILE: cannot read /nowhere/policy.yaml (ENOENT)',
    ]);
  });
});
