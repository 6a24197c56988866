import { describe, expect, it } from 'vitest';
import type { Service } from '../../src/config/config.ts';
import { serviceSettingNames, settingDescriptions } from '../../src/config/settings.ts';
import { files, load, problems } from './loading.ts';

const env = { MCP_OAUTH_CONFIG_FILE: 'config.yaml' };
const yaml = (text: string, more: Record<string, string> = {}) =>
  files({ 'config.yaml': text, ...more });
const issuersOf = ({ issuers }: Service) => issuers.map(({ profile }) => profile.issuer);

const notes = `  - resource: https://mcp.example/notes
    upstream: http://127.0.0.1:9001/mcp
`;
const reports = `  - resource: https://mcp.example/reports
    upstream: http://127.0.0.1:9002/mcp
`;
const two = `issuer: https://idp.example/
upstreams:
${notes}${reports}`;

function services(text: string, variables: Record<string, string> = {}, more = {}): Service[] {
  return [...load({ ...env, ...variables }, yaml(text, more)).services];
}

describe('upstreams', () => {
  it('are services with a resource, an upstream and an audience of their own, in order', () => {
    expect(services(two)).toMatchObject([
      {
        resource: 'https://mcp.example/notes',
        upstream: { url: new URL('http://127.0.0.1:9001/mcp') },
        issuers: [{ profile: { audiences: ['https://mcp.example/notes'] } }],
        senderConstraint: { resource: 'https://mcp.example/notes' },
      },
      {
        resource: 'https://mcp.example/reports',
        upstream: { url: new URL('http://127.0.0.1:9002/mcp') },
        issuers: [{ profile: { audiences: ['https://mcp.example/reports'] } }],
        senderConstraint: { resource: 'https://mcp.example/reports' },
      },
    ]);
  });

  it('may be one alone, and may be JSON', () => {
    const upstreams = [{ resource: 'https://mcp.example/', upstream: 'http://127.0.0.1:9000' }];
    const text = JSON.stringify({ issuer: 'https://idp.example/', upstreams });
    expect(services(text)).toMatchObject([{ resource: 'https://mcp.example/' }]);
  });

  it('inherit what they do not set, of whatever source', () => {
    const text = `${two}    requiredScopes: [reports]
    upstreamTimeout: 5
    dpop: off
`;
    const variables = { MCP_OAUTH_REQUIRED_SCOPES: 'all', MCP_OAUTH_DPOP: 'required' };
    const [first, second] = services(text, variables);
    expect(first?.policy.required).toEqual(['all']);
    expect(first?.upstream).toMatchObject({ headersTimeoutMs: 120_000 });
    expect(first?.senderConstraint.dpop).toBe('required');
    expect(second?.policy.required).toEqual(['reports']);
    expect(second?.upstream).toMatchObject({ headersTimeoutMs: 5_000 });
    expect(second?.senderConstraint.dpop).toBe('off');
  });

  it('may hold every setting that is not about the process', () => {
    for (const { name } of settingDescriptions) {
      const found = problems(env, yaml(`${two}    ${name}: 1\n`)).join();
      const isOwn = serviceSettingNames.some((own) => own === name);
      const refused = /does not belong|cannot name another file|about the whole process/;
      expect(!refused.test(found), name).toBe(
        isOwn && !/^(?:clientSecret|upstreamToken)$/.test(name),
      );
    }
  });

  it('keep the process as it is set outside', () => {
    const config = load(
      { ...env, PORT: '4000' },
      yaml(`${two}allowedOrigins: https://a.example\n`),
    );
    expect(config).toMatchObject({ listen: { port: 4000 }, allowedOrigins: ['https://a.example'] });
  });

  it('may be open all together, on purpose', () => {
    const text = `enabled: false\nupstreams:\n${notes}${reports}`;
    const config = load(env, { ...yaml(text), insecureNoAuth: true });
    expect(config).toMatchObject({ insecureNoAuth: true, services: [{ issuers: [] }, {}] });
  });
});

describe('the issuers of an upstream', () => {
  it('stand instead of those outside, of which nothing is left', () => {
    const text = `issuer: https://idp.example/
clientId: ours
clientSecretFile: secret
allowedClients: [claude]
upstreams:
${notes}${reports}    issuer: https://other.example/
`;
    const [first, second] = services(text, {}, { secret: 'cAnArY' });
    expect(first?.issuers).toMatchObject([{ client: { clientId: 'ours', secret: 'cAnArY' } }]);
    expect(second?.issuers).toMatchObject([
      { profile: { issuer: 'https://other.example/' }, client: null },
    ]);
    expect(JSON.stringify(second)).not.toContain('cAnArY');
  });

  it('may be a list, beside a list outside', () => {
    const text = `issuers:
  - issuer: https://one.example/
  - issuer: https://two.example/
upstreams:
${notes}${reports}    issuers:
      - issuer: https://three.example/
        audience: [reports]
`;
    const [first, second] = services(text);
    expect(first && issuersOf(first)).toEqual(['https://one.example/', 'https://two.example/']);
    expect(second?.issuers).toMatchObject([
      { profile: { issuer: 'https://three.example/', audiences: ['reports'] } },
    ]);
  });

  it('may be the one outside with an audience of their own', () => {
    const [first, second] = services(`${two}    audience: [reports]\n`);
    expect(first?.issuers[0]?.profile.audiences).toEqual(['https://mcp.example/notes']);
    expect(second?.issuers[0]?.profile).toMatchObject({
      issuer: 'https://idp.example/',
      audiences: ['reports'],
    });
  });

  it('may be none where static tokens count', () => {
    const tokens = `tokens:\n  - { name: ci, hash: "sha256:${'ab'.repeat(32)}", scopes: [] }\n`;
    const text = `upstreams:\n${notes}    issuer: https://idp.example/\n${reports}    staticTokensFile: t\n`;
    expect(services(text, {}, { t: tokens })).toMatchObject([
      { issuers: [{}], staticTokens: [] },
      { issuers: [], staticTokens: [{ name: 'ci' }] },
    ]);
  });
});

describe('the rules of an upstream', () => {
  const outside = 'policy:\n  required: [outside]\n';
  const policy = { policy: 'required: [own]' };

  it.each([
    ['in place', '    policy: { required: [own] }\n', ['own']],
    ['in a file', '    policyFile: policy\n', ['own']],
    ['in short form', '    toolScopes: "*=own"\n', []],
  ])('%s stand instead of those outside', (_, own, required) => {
    const [first, second] = services(`${outside}${two}${own}`, {}, policy);
    expect(first?.policy.required).toEqual(['outside']);
    expect(second?.policy.required).toEqual(required);
  });

  it('stand instead of a policy file outside', () => {
    const text = `policyFile: policy\n${two}    policy: { required: [inline] }\n`;
    const [first, second] = services(text, {}, policy);
    expect(first?.policy.required).toEqual(['own']);
    expect(second?.policy.required).toEqual(['inline']);
  });
});

describe('what is wrong with upstreams', () => {
  const entry = (lines: string) => `issuer: https://idp.example/\nupstreams:\n${notes}${lines}`;
  it.each([
    [
      'a mapping',
      'issuer: https://i.example/\nupstream: http://u/\nupstreams: {}\n',
      ['config.yaml:3:1: upstreams: must be a list of MCP servers, or be left out.'],
    ],
    [
      'an empty list',
      'issuer: https://i.example/\nupstream: http://u/\nupstreams: []\n',
      ['config.yaml:3:1: upstreams: must be a list of MCP servers, or be left out.'],
    ],
    [
      'an entry that is text',
      'issuer: https://i.example/\nupstreams:\n  - http://u/\n',
      [
        'config.yaml:3:5: upstreams.0: must be a mapping of settings to values.',
        expect.stringMatching(/^config\.yaml:3:5: upstreams\.0\.resource: is not set, and each /),
        expect.stringMatching(/^config\.yaml:3:5: upstreams\.0\.upstream: is not set\. /),
      ],
    ],
    [
      'no resource',
      entry('  - upstream: http://127.0.0.1:9002/mcp\n'),
      [
        expect.stringMatching(
          /^config\.yaml:5:5: upstreams\.1\.resource: is not set, and each of several needs its own\. Set /,
        ),
      ],
    ],
    [
      'no upstream',
      entry('  - resource: https://mcp.example/x\n'),
      [
        expect.stringMatching(
          /^config\.yaml:5:5: upstreams\.1\.upstream: is not set\. Give the URL/,
        ),
      ],
    ],
    [
      'a misspelt key',
      entry('    audiense: x\n'),
      ['config.yaml:5:5: upstreams.0.audiense: is not known here; did you mean audience?'],
    ],
    [
      'upstreams inside',
      entry('    upstreams: []\n'),
      [expect.stringMatching(/^config\.yaml:5:5: upstreams\.0\.upstreams: is not known here/)],
    ],
    [
      'the port',
      entry('    port: 4000\n'),
      [
        'config.yaml:5:5: upstreams.0.port: is about the whole process. Move it to the top level of the file.',
      ],
    ],
    [
      'a secret',
      entry('    clientSecret: cAnArY\n'),
      [
        expect.stringMatching(
          /^config\.yaml:5:5: upstreams\.0\.clientSecret: does not belong into this file\. .*clientSecretFile\.$/,
        ),
      ],
    ],
    [
      'a client without a secret',
      entry('    issuer: https://o.example/\n    clientId: us\n').replace(/^issuer.*\n/, ''),
      [
        expect.stringMatching(
          /^config\.yaml:\d:5: upstreams\.0\.clientSecretFile: is not set, but .*"us"/,
        ),
      ],
    ],
    [
      'a value that is none',
      entry('    upstreamTimeout: 0\n'),
      ['config.yaml:5:5: upstreams.0.upstreamTimeout: must be 1 to 99999 seconds.'],
    ],
    [
      'an issuer of a list that is none',
      entry('    issuers:\n      - { issuer: ftp://x }\n').replace(/^issuer.*\n/, ''),
      [
        expect.stringMatching(
          /^config\.yaml:5:11: upstreams\.0\.issuers\.0\.issuer: must begin with/,
        ),
      ],
    ],
    [
      'an issuer beside a list',
      entry(
        '    issuer: https://o.example/\n    issuers: [{ issuer: "https://p.example/" }]\n',
      ).replace(/^issuer.*\n/, ''),
      [
        expect.stringMatching(
          /^config\.yaml:4:5: upstreams\.0\.issuer: cannot be combined with the issuers/,
        ),
      ],
    ],
    [
      'a misspelt rule',
      entry('    policy: { toools: [] }\n'),
      [expect.stringMatching(/^config\.yaml:5:13: upstreams\.0\.policy: .*toools/)],
    ],
    [
      'two policies',
      entry('    toolScopes: "*=a"\n    policy: {}\n'),
      [expect.stringMatching(/^config\.yaml:5:5: upstreams\.0\.toolScopes: cannot be combined/)],
    ],
    [
      'the gateway itself',
      entry('  - { resource: "https://mcp.example/x", upstream: "http://localhost:3000/notes" }\n'),
      [
        expect.stringMatching(
          /^config\.yaml:5:\d+: upstreams\.1\.upstream: is this gateway itself/,
        ),
      ],
    ],
  ])('refuses %s, saying where and what to do', (_, text, expected) => {
    const found = problems(env, yaml(text));
    expect(found).toEqual(expected);
    expect(found.join()).not.toContain('cAnArY');
  });

  it.each([
    ['https://mcp.example/notes', '/notes'],
    ['https://other.example/notes', '/notes'],
    ['https://mcp.example/notes/', '/notes'],
  ])('refuses a second service at the path of %s', (resource, path) => {
    const text = entry(`  - { resource: "${resource}", upstream: "http://127.0.0.1:9002" }\n`);
    expect(problems(env, yaml(text))).toEqual([
      `config.yaml:5:7: upstreams.1.resource: has the path ${path}, which upstreams.0 has too. Give each a path of its own.`,
    ]);
  });

  it.each(['https://mcp.example', 'https://mcp.example/', 'https://mcp.example/notes/more'])(
    'accepts %s beside /notes',
    (resource) => {
      const text = entry(`  - { resource: "${resource}", upstream: "http://127.0.0.1:9002" }\n`);
      expect(problems(env, yaml(text))).toEqual([]);
    },
  );

  it.each(['/healthz', '/readyz', '/.well-known/oauth-protected-resource/notes'])(
    'refuses a service at %s',
    (path) => {
      const resource = `https://mcp.example${path}`;
      const text = entry(`  - { resource: "${resource}", upstream: "http://127.0.0.1:9002" }\n`);
      expect(problems(env, yaml(text))).toEqual([
        expect.stringMatching(/^config\.yaml:5:7: .*which this gateway serves itself\.$/),
      ]);
    },
  );

  it('refuses an upstream, its credential or a resource beside them, whatever set it', () => {
    const variables = { ...env, MCP_OAUTH_RESOURCE: 'https://mcp.example/mcp' };
    const flags = { upstream: 'http://127.0.0.1:9000/mcp' };
    expect(problems(variables, { ...yaml(two), flags })).toEqual([
      expect.stringMatching(/^MCP_OAUTH_RESOURCE: cannot be combined with the upstreams .*entry/),
      expect.stringMatching(/^--upstream: cannot be combined with the upstreams .*entry/),
    ]);
    for (const [name, remedy] of [
      ['MCP_OAUTH_UPSTREAM_TOKEN', /upstreamTokenFile of an entry/],
      ['MCP_OAUTH_UPSTREAM_TOKEN_FILE', /Move it into an entry/],
      ['MCP_OAUTH_UPSTREAM_HEADER_FILES', /Move it into an entry/],
    ] as const) {
      const value = { [name]: name.endsWith('FILES') ? 'X-Key=/run/key' : 'cAnArY' };
      const found = problems({ ...env, ...value }, yaml(two)).filter((text) =>
        text.startsWith(`${name}: cannot be combined with the upstreams`),
      );
      expect(found, name).toEqual([expect.stringMatching(remedy)]);
    }
    expect(problems(env, yaml(`upstream: http://127.0.0.1:9000/mcp\n${two}`))).toEqual([
      expect.stringMatching(/^config\.yaml:1:1: upstream: cannot be combined/),
    ]);
  });

  it.each([
    ['MCP_OAUTH_ALLOWED_CLIENTS', { MCP_OAUTH_ALLOWED_CLIENTS: 'claude' }, ''],
    ['MCP_OAUTH_REQUIRED_SCOPES', { MCP_OAUTH_REQUIRED_SCOPES: 'access' }, ''],
    ['config.yaml:1:1: issuers', {}, 'issuers: [{ issuer: "https://idp.example/" }]\n'],
    ['config.yaml:1:1: policy', {}, 'policy: { required: [a] }\n'],
  ])('refuses %s outside, which would protect nothing', (source, variables, top) => {
    const own = '    issuer: https://o.example/\n    requiredScopes: [a]\n    policy: {}\n';
    const text = `${top}upstreams:\n${notes}${own}${reports}${own}`;
    expect(problems({ ...env, ...variables }, yaml(text))).toEqual([
      `${source}: has no effect, since no entry of upstreams inherits it. Remove it, or move it to where it is meant.`,
    ]);
  });

  it('refuses a service whom no token protects beside one that some do', () => {
    const text = `upstreams:\n${notes}    issuer: https://idp.example/\n${reports}`;
    expect(problems(env, yaml(text))).toEqual([
      expect.stringMatching(
        /^config\.yaml:5:5: upstreams\.1\.issuer: is not set\. Name the identity/,
      ),
    ]);
  });

  it('tells what several inherit once', () => {
    const text = `policyFile: policy\nclientId: us\nclientSecretFile: none\n${two}`;
    expect(problems(env, yaml(text, { policy: 'toools: []' }))).toEqual([
      expect.stringMatching(/^policy:1:1: /),
      expect.stringMatching(/^config\.yaml:3:1: clientSecretFile: cannot read none \(ENOENT\)/),
    ]);
  });

  it('is told all at once', () => {
    const text = `port: x\nupstreams:\n  - upstream: ftp://x\n${reports}    dpop: maybe\n`;
    expect(
      problems(env, yaml(text))
        .map((problem) => problem.split(': ')[1])
        .sort(),
    ).toEqual([
      'port',
      'upstreams.0.issuer',
      'upstreams.0.resource',
      'upstreams.0.upstream',
      'upstreams.1.dpop',
      'upstreams.1.issuer',
    ]);
  });
});
