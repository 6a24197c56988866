import { describe, expect, it } from 'vitest';
import { providers } from '../../providers/index.ts';
import { files, loadService, problems, sound } from './loading.ts';

const google = {
  MCP_OAUTH_ISSUER: 'https://accounts.google.com',
  MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9000/mcp',
};
const tenant = '11111111-2222-3333-4444-555555555555';
const entraIssuer = `https://login.microsoftonline.com/${tenant}/v2.0`;

describe('the provider of an issuer', () => {
  it.each([
    ['https://acme.eu.auth0.com/', 'auth0'],
    ['https://acme.okta.com/oauth2/default', 'okta'],
    ['https://sso.example/realms/acme', 'keycloak'],
    ['https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc', 'cognito'],
    ['https://idp.example/', 'generic'],
  ])('is told by the issuer %s: %s', (issuer, provider) => {
    const service = loadService({ ...sound, MCP_OAUTH_ISSUER: issuer });
    expect(service.issuers[0]?.profile).toMatchObject({ issuer, provider });
  });

  it.each(Object.keys(providers))('can be named: %s is one of the names', (provider) => {
    const found = problems({ ...sound, MCP_OAUTH_PROVIDER: provider });
    expect(found.filter((problem) => problem.startsWith('MCP_OAUTH_PROVIDER'))).toEqual([]);
  });

  it('is the named one, whatever the issuer looks like', () => {
    const service = loadService({
      ...sound,
      MCP_OAUTH_ISSUER: 'https://login.example/',
      MCP_OAUTH_PROVIDER: 'auth0',
    });
    expect(service.issuers[0]?.profile.provider).toBe('auth0');
  });

  it('gets all that was set for it', () => {
    const env = {
      ...sound,
      MCP_OAUTH_ISSUER: entraIssuer,
      MCP_OAUTH_AUDIENCE: 'api-id',
      MCP_OAUTH_ALLOWED_CLIENTS: 'claude, vscode',
      MCP_OAUTH_ALLOWED_TENANTS: `${tenant} ${tenant.replace('1', '9')}`,
      MCP_OAUTH_AUTHORITY_CLAIMS: 'roles',
      MCP_OAUTH_SCOPE_PREFIX: 'api://api-id/',
    };
    const [first, ...further] = loadService(env).issuers.map(({ profile }) => profile);
    expect(first?.audiences).toEqual(['api-id']);
    expect(first?.requestScope('read')).toBe('api://api-id/read');
    expect(further.map(({ issuer }) => issuer)).toContain(
      entraIssuer.replace(tenant, tenant.replace('1', '9')),
    );
    const app = { tid: tenant, oid: 'o', azp: 'claude', ver: '2.0', roles: ['read'] };
    expect(first?.principal(app)?.scopes).toEqual(new Set(['read']));
    expect(first?.principal({ ...app, azp: 'other' })).toBeNull();
  });

  it.each([
    ['an organization of Okta', 'https://acme.okta.com', /Okta|oauth2/],
    ['Google without clients', google.MCP_OAUTH_ISSUER, /MCP_OAUTH_ALLOWED_CLIENTS/],
    [
      'Entra ID without a tenant',
      'https://login.microsoftonline.com/common/v2.0',
      /MCP_OAUTH_ALLOWED_TENANTS/,
    ],
  ])('refuses %s at the issuer, saying what to set', (_, issuer, advice) => {
    const found = problems({ ...sound, MCP_OAUTH_ISSUER: issuer });
    expect(found).toEqual([expect.stringMatching(/^MCP_OAUTH_ISSUER: .*[^.]\.$/)]);
    expect(found[0]).toMatch(advice);
  });
});

describe('validation', () => {
  it('is carried to the verifier with the endpoints', () => {
    const service = loadService({
      ...sound,
      MCP_OAUTH_VALIDATION: 'jwt',
      MCP_OAUTH_JWKS_URI: 'https://internal.example/keys',
      MCP_OAUTH_DISCOVERY_URL: 'https://internal.example/discovery',
    });
    expect(service.issuers[0]).toMatchObject({
      validation: 'jwt',
      endpoints: {
        discovery: 'https://internal.example/discovery',
        jwks: 'https://internal.example/keys',
        introspection: null,
      },
    });
  });

  it('keeps the discovery document of one issuer from its further issuers', () => {
    const service = loadService({
      ...sound,
      MCP_OAUTH_ISSUER: entraIssuer,
      MCP_OAUTH_AUDIENCE: 'api-id',
      MCP_OAUTH_DISCOVERY_URL: 'https://internal.example/discovery',
    });
    expect(service.issuers.length).toBeGreaterThan(1);
    for (const { profile, endpoints } of service.issuers) {
      const expected = profile.issuer === entraIssuer ? 'https://internal.example/discovery' : null;
      expect(endpoints.discovery).toBe(expected);
    }
  });

  it('by introspection needs a client of ours', () => {
    expect(problems({ ...sound, MCP_OAUTH_VALIDATION: 'introspection' })).toEqual([
      'MCP_OAUTH_CLIENT_ID: is needed, since MCP_OAUTH_VALIDATION=introspection asks the issuer about every token.',
    ]);
  });

  it('of a policy that introspects needs a client of ours as well', () => {
    const policy = 'tools:\n  - { match: "*", scopes: [a], introspect: true }\n';
    const env = { ...sound, MCP_OAUTH_POLICY_FILE: 'policy.yaml' };
    expect(problems(env, files({ 'policy.yaml': policy }))).toEqual([
      'MCP_OAUTH_CLIENT_ID: is needed, since a rule of the policy has introspect: true.',
    ]);
    const client = { MCP_OAUTH_CLIENT_ID: 'us', MCP_OAUTH_CLIENT_SECRET: 's' };
    expect(problems({ ...env, ...client }, files({ 'policy.yaml': policy }))).toEqual([]);
  });

  it('of Google needs none, since its look-up asks for none', () => {
    const env = { ...google, MCP_OAUTH_ALLOWED_CLIENTS: 'us' };
    expect(
      loadService({ ...env, MCP_OAUTH_VALIDATION: 'introspection' }).issuers[0]?.client,
    ).toBeNull();
    expect(problems({ ...env, MCP_OAUTH_VALIDATION: 'jwt' })).toEqual([
      'MCP_OAUTH_VALIDATION: cannot be jwt, since google issues opaque access tokens only.',
    ]);
  });
});

describe('several issuers', () => {
  const yaml = (issuers: string) => files({ 'config.yaml': `issuers:\n${issuers}` });
  const env = {
    MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9000/mcp',
    MCP_OAUTH_CONFIG_FILE: 'config.yaml',
  };

  it('have a provider, audiences and a client each', () => {
    const service = loadService(env, {
      ...files({
        'config.yaml': `issuers:
  - issuer: https://one.example/
    audience: [api-one, api-uno]
    validation: introspection
    clientId: us
    clientSecretFile: secret
    clientAuth: client_secret_post
  - issuer: https://two.example/
    provider: auth0
    audience: api-two
`,
        secret: 'canary\n',
      }),
    });
    expect(service.issuers).toMatchObject([
      {
        profile: { issuer: 'https://one.example/', audiences: ['api-one', 'api-uno'] },
        validation: 'introspection',
        client: { clientId: 'us', method: 'client_secret_post', secret: 'canary' },
      },
      { profile: { provider: 'auth0', audiences: ['api-two'] }, validation: 'auto', client: null },
    ]);
  });

  it('give scopes to people by their grants', () => {
    const service = loadService(
      env,
      yaml(`  - issuer: https://accounts.google.com
    allowedClients: [us]
    grants:
      - { email: Alice@example.com, scopes: [read, write] }
`),
    );
    const claims = { sub: '1', aud: 'us', email: 'alice@example.com', email_verified: true };
    expect(service.issuers[0]?.profile.principal(claims)?.scopes).toEqual(
      new Set(['read', 'write']),
    );
  });

  it.each([
    [
      'one twice',
      '  - issuer: https://a.example/\n  - issuer: https://a.example/\n',
      ['config.yaml:3:5: issuers.1.issuer: repeats https://a.example/. Name each issuer once.'],
    ],
    [
      'one without its name',
      '  - audience: [a]\n',
      ['config.yaml:2:5: issuers.0.issuer: is not set.'],
    ],
    [
      'plain http',
      '  - issuer: http://a.example/\n',
      [expect.stringMatching(/^config\.yaml:2:5: issuers\.0\.issuer: must use https/)],
    ],
    [
      'what their provider cannot use',
      '  - issuer: https://acme.okta.com\n',
      [expect.stringMatching(/^config\.yaml:2:5: issuers\.0\.issuer: /)],
    ],
    [
      'an unknown key',
      '  - issuer: https://a.example/\n    audiences: [a]\n',
      ['config.yaml:3:5: issuers.0.audiences: is not known here; did you mean audience?'],
    ],
    [
      'a key of the gateway',
      '  - issuer: https://a.example/\n    upstream: x\n',
      [expect.stringMatching(/^config\.yaml:3:5: issuers\.0\.upstream: is not known here/)],
    ],
    [
      'a value that is none',
      '  - issuer: https://a.example/\n    validation: maybe\n',
      ['config.yaml:3:5: issuers.0.validation: must be auto, jwt or introspection.'],
    ],
    [
      'text',
      '  - https://a.example/\n',
      [
        expect.stringMatching(/^config\.yaml:2:5: issuers\.0: must be a mapping/),
        expect.stringMatching(/issuer: is not set/),
      ],
    ],
    [
      'a client without its secret',
      '  - issuer: https://a.example/\n    clientId: us\n',
      [
        'config.yaml:2:5: issuers.0.clientSecretFile: is not set, but the client "us" needs it. Name the file that holds the secret.',
      ],
    ],
    [
      'a secret in place',
      '  - issuer: https://a.example/\n    clientSecret: cAnArY\n',
      [expect.stringMatching(/^config\.yaml:3:5: issuers\.0\.clientSecret: does not belong/)],
    ],
    [
      'a grant to nobody',
      '  - issuer: https://a.example/\n    grants:\n      - { scopes: [a] }\n',
      [expect.stringMatching(/^config\.yaml:4:9: issuers\.0\.grants\.0: names nobody/)],
    ],
    [
      'a grant of nothing',
      '  - issuer: https://a.example/\n    grants:\n      - { email: a@b.c, scopes: [] }\n',
      [expect.stringMatching(/^config\.yaml:4:33: issuers\.0\.grants\.0\.scopes: names no scope/)],
    ],
    [
      'a grant of no scope',
      '  - issuer: https://a.example/\n    grants:\n      - { email: a@b.c, scopes: ["a b"] }\n',
      [expect.stringMatching(/^config\.yaml:4:34: .*grants\.0\.scopes\.0: is not a scope/)],
    ],
    [
      'an unknown key of a grant',
      '  - issuer: https://a.example/\n    grants:\n      - { email: a@b.c, mail: a@b.c, scopes: [a] }\n',
      [expect.stringMatching(/grants\.0: does not know mail/)],
    ],
    [
      'grants that are no list',
      '  - issuer: https://a.example/\n    grants: everybody\n',
      [expect.stringMatching(/^config\.yaml:3:13: issuers\.0\.grants: must be a list/)],
    ],
  ])('refuses %s', (_, issuers, expected) => {
    expect(problems(env, yaml(issuers))).toEqual(expected);
  });

  it.each(['issuers: []', 'issuers: {}', 'issuers: https://a.example/', 'issuers:'])(
    'refuses a list that is none: %s',
    (text) => {
      const found = problems(env, files({ 'config.yaml': text }));
      expect(found).toEqual([
        'config.yaml:1:1: issuers: must be a list of issuers, or be left out.',
        expect.stringMatching(/^MCP_OAUTH_ISSUER: is not set/),
      ]);
    },
  );

  it('do not stand beside the settings of one', () => {
    const options = yaml('  - issuer: https://a.example/\n');
    const flags = { audience: 'x' };
    const found = problems(
      { ...env, MCP_OAUTH_ISSUER: 'https://b.example/' },
      { ...options, flags },
    );
    expect(found).toEqual([
      expect.stringMatching(/^MCP_OAUTH_ISSUER: cannot be combined with the issuers of the conf/),
      expect.stringMatching(/^--audience: cannot be combined with the issuers of the conf/),
    ]);
  });

  it('cannot both be asked about opaque tokens, which name no issuer', () => {
    const client = '    clientId: us\n    clientSecretFile: secret\n';
    const list = (second: string): string =>
      `issuers:\n  - issuer: https://a.example/\n${client}  - issuer: https://b.example/\n${client}${second}`;
    const both = files({ 'config.yaml': list(''), secret: 's' });
    expect(problems(env, both)).toEqual([
      expect.stringMatching(
        /^config\.yaml:\d:5: issuers\.1\.validation: must be jwt here or for https:\/\/a\.example\/: /,
      ),
    ]);
    const one = files({ 'config.yaml': list('    validation: jwt\n'), secret: 's' });
    expect(problems(env, one)).toEqual([]);
  });

  it('are not asked where their provider has no introspection', () => {
    const auth0 = {
      MCP_OAUTH_ISSUER: 'https://tenant.auth0.com/',
      MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9000/mcp',
    };
    expect(problems({ ...auth0, MCP_OAUTH_VALIDATION: 'introspection' })).toEqual([
      expect.stringMatching(/^MCP_OAUTH_VALIDATION: .*auth0, which has no introspection/),
    ]);
    const client = { MCP_OAUTH_CLIENT_ID: 'us', MCP_OAUTH_CLIENT_SECRET: 'canary' };
    expect(problems({ ...auth0, ...client })).toEqual([
      expect.stringMatching(/^MCP_OAUTH_CLIENT_ID: is not used/),
    ]);
  });
});
