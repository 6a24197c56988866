import { describe, expect, it } from 'vitest';
import { settingDescriptions } from '../../src/config/settings.ts';
import { files, load, loadService, problems, sound } from './loading.ts';

const env = { MCP_OAUTH_CONFIG_FILE: 'config.yaml' };
const yaml = (text: string) => files({ 'config.yaml': text });
const minimal = 'issuer: https://idp.example/\nupstream: http://127.0.0.1:9000/mcp\n';

describe('the configuration file', () => {
  it('can hold everything, in YAML or JSON', () => {
    const json = JSON.stringify({
      issuer: 'https://idp.example/',
      upstream: 'http://127.0.0.1:9000/mcp',
      port: 4000,
      requiredScopes: ['a', 'b'],
      dpop: 'optional',
      dpopNonce: true,
    });
    const text = `${minimal}port: 4000\nrequiredScopes: [a, b]\ndpop: optional\ndpopNonce: true\n`;
    for (const written of [json, text]) {
      const config = load(env, yaml(written));
      expect(config.listen.port).toBe(4000);
      expect(config.services[0].policy.required).toEqual(['a', 'b']);
      expect(config.services[0].senderConstraint).toMatchObject({
        dpop: 'optional',
        dpopNonce: true,
      });
    }
  });

  it('takes a list as text as well', () => {
    expect(loadService(env, yaml(`${minimal}requiredScopes: a b`)).policy.required).toEqual([
      'a',
      'b',
    ]);
  });

  it('keeps every digit of a long number', () => {
    const options = files({
      'config.yaml': `${minimal}clientId: 12345678901234567890\nclientSecretFile: secret\n`,
      secret: 's',
    });
    expect(loadService(env, options).issuers[0]?.client?.clientId).toBe('12345678901234567890');
  });

  it('follows an alias', () => {
    const text = `${minimal}audience: &it 77\nrequiredScopes: [*it]\n`;
    expect(loadService(env, yaml(text)).policy.required).toEqual(['77']);
  });

  it('loses to a variable, which loses to a flag, and wins over the default', () => {
    const text = `${minimal}port: 1001\nlogLevel: warn\nhost: 127.0.0.2\nchallengeScopes: all\n`;
    const flags = { port: '1003', logLevel: 'debug' };
    const config = load({ ...env, PORT: '1002', HOST: '127.0.0.3' }, { ...yaml(text), flags });
    expect(config.listen).toEqual({ host: '127.0.0.3', port: 1003 });
    expect(config.logLevel).toBe('debug');
    expect(config.services[0].challengeScopes).toBe('all');
    expect(config.services[0].upstream).toMatchObject({ headersTimeoutMs: 120_000 });
  });

  it('is the one a flag names, before the one of the variable', () => {
    const options = files({ 'config.yaml': 'port: x', 'flag.yaml': minimal });
    expect(problems(env, { ...options, flags: { configFile: 'flag.yaml' } })).toEqual([]);
  });

  it('knows every setting but itself and the secrets', () => {
    for (const { name } of settingDescriptions) {
      const found = problems({ ...env, ...sound }, yaml(`${name}: 1\n`));
      const refused = /does not belong|cannot name another file/.test(found.join());
      expect(refused, name).toBe(
        ['clientSecret', 'upstreamToken', 'configFile', 'store'].includes(name),
      );
      expect(found.join(), name).not.toContain('is not known here');
    }
  });
});

describe('what is wrong with the file', () => {
  it.each([
    ['a value that is none', 'port: 70000', ['config.yaml:3:1: port: must be 0 to 65535.']],
    [
      'an empty value',
      'audience:',
      ['config.yaml:3:1: audience: is empty: give it a value or remove it.'],
    ],
    [
      'a misspelt key',
      'audiense: x',
      ['config.yaml:3:1: audiense: is not known here; did you mean audience?'],
    ],
    [
      'a part of the policy',
      'tools: []\ndenial: result',
      [
        'config.yaml:3:1: tools: is part of a policy. Move it below policy.',
        'config.yaml:4:1: denial: is part of a policy. Move it below policy.',
      ],
    ],
    ['an unknown key', 'qqqqqqqqqqqq: x', ['config.yaml:3:1: qqqqqqqqqqqq: is not known here.']],
    [
      'a key in capitals',
      'PORT: 1',
      [expect.stringMatching(/^config\.yaml:3:1: PORT: is not known/)],
    ],
    [
      'a key that is special elsewhere',
      '__proto__: { port: 1 }',
      [expect.stringMatching(/^config\.yaml:3:1: __proto__: is not known/)],
    ],
    [
      'the flag that opens',
      'insecureNoAuth: true',
      [expect.stringMatching(/^config\.yaml:3:1: insecureNoAuth: is not known/)],
    ],
    [
      'a mapping as value',
      'audience: { a: b }',
      [expect.stringMatching(/^config\.yaml:3:1: audience: must be one value, or a list/)],
    ],
    [
      'a list of lists',
      'audience: [[a]]',
      [expect.stringMatching(/^config\.yaml:3:1: audience: must be one value, not a list/)],
    ],
    [
      'an item of two words',
      'audience: [a b]',
      [
        expect.stringMatching(
          /^config\.yaml:3:1: audience: must be a list of values without spaces/,
        ),
      ],
    ],
    [
      'an empty item',
      'audience: ["", a]',
      [expect.stringMatching(/^config\.yaml:3:1: audience: must be a list of values/)],
    ],
    [
      'a list where one value fits',
      'toolScopes: ["list_*=read", "*=admin"]',
      [expect.stringMatching(/^config\.yaml:3:1: toolScopes: must be one value, not a list/)],
    ],
    [
      'an empty list',
      'audience: []',
      [expect.stringMatching(/^config\.yaml:3:1: audience: is empty/)],
    ],
    [
      'a secret',
      'clientSecret: cAnArY',
      [
        expect.stringMatching(
          /^config\.yaml:3:1: clientSecret: does not belong into this file\. .*clientSecretFile.*MCP_OAUTH_CLIENT_SECRET\.$/,
        ),
      ],
    ],
    [
      'a secret that is an alias',
      'clientSecret: *cAnArY',
      ['config.yaml: has an alias that leads nowhere, or too many of them'],
    ],
    [
      'a secret of an issuer without list',
      'clientSecret: "cAnArY',
      [expect.stringMatching(/^config\.yaml:\d:\d+: is not valid YAML \(missing char\)$/)],
    ],
    [
      'another file',
      'configFile: x.yaml',
      [expect.stringMatching(/^config\.yaml:3:1: configFile: cannot name another file/)],
    ],
    ['a repeated key', 'port: 1\nport: 2', ['config.yaml:4:1: repeats a key; keys must be unique']],
  ])('refuses %s, saying where', (_, line, expected) => {
    const found = problems(env, yaml(`${minimal}${line}\n`));
    expect(found).toEqual(expected);
    expect(found.join()).not.toContain('cAnArY');
  });

  it.each(['', '- a\n', 'text'])('refuses %j, which is no mapping', (text) => {
    const found = problems({ ...env, ...sound }, yaml(text));
    expect(found).toEqual([
      expect.stringMatching(/^config\.yaml(?::1:1)?: must be a mapping of settings to values\.$/),
    ]);
  });

  it('says which file cannot be read, under the name that named it, and nothing that follows', () => {
    expect(problems({ ...env, MCP_OAUTH_ISSUR: 'x' }, files({}))).toEqual([
      expect.stringMatching(/^MCP_OAUTH_ISSUR: is no setting/),
      'MCP_OAUTH_CONFIG_FILE: cannot read config.yaml (ENOENT)',
    ]);
    expect(problems({}, { ...files({}), flags: { configFile: 'x.yaml' } })).toEqual([
      '--config-file: cannot read x.yaml (ENOENT)',
    ]);
  });

  it('is told with everything else at once', () => {
    const found = problems(
      { ...env, PORT: 'x' },
      { ...yaml('issuer: nowhere\ndpopNonce: true\nfoo: 1\n'), flags: { upstream: 'ftp://x' } },
    );
    expect(found.map((problem) => problem.split(': ')[0]).sort()).toEqual([
      '--upstream',
      'PORT',
      'config.yaml:1:1',
      'config.yaml:2:1',
      'config.yaml:3:1',
    ]);
  });

  it('may be about protection that it would switch off', () => {
    expect(problems(env, yaml(`${minimal}enabled: false\n`))).toEqual([
      expect.stringMatching(/^config\.yaml:3:1: enabled: false would leave the MCP server open/),
    ]);
  });
});

describe('the policy in the file', () => {
  const rules = 'policy:\n  required: [file]\n  tools:\n    - { match: "*", scopes: [read] }\n';

  it('counts as a policy file would, joined with the required scopes', () => {
    const { policy } = loadService(
      { ...env, MCP_OAUTH_REQUIRED_SCOPES: 'env' },
      yaml(minimal + rules),
    );
    expect(policy.required).toEqual(['env', 'file']);
    expect(policy.sections.tool?.find('x')).toMatchObject({ anyOf: [['read']] });
  });

  it.each([
    ['MCP_OAUTH_TOOL_SCOPES', '*=a'],
    ['MCP_OAUTH_POLICY_FILE', 'policy.yaml'],
  ])('cannot stand beside %s', (name, value) => {
    const options = files({ 'config.yaml': minimal + rules, 'policy.yaml': 'tools: []' });
    expect(problems({ ...env, [name]: value }, options)).toEqual([
      `${name}: cannot be combined with the policy in the configuration file. Keep one of them.`,
    ]);
  });

  it.each([
    ['a misspelt section', 'policy:\n  toools: []\n', /^config\.yaml:4:3: policy: .*toools/],
    [
      'a bad scope',
      'policy:\n  required:\n    - "a b"\n',
      /^config\.yaml:5:7: policy: required\.0: "a b" is not a scope/,
    ],
    ['nothing', 'policy:\n', /^config\.yaml:\d:\d+: policy: /],
    ['text', 'policy: none\n', /^config\.yaml:3:9: policy: /],
  ])('refuses %s, saying where', (_, text, message) => {
    expect(problems(env, yaml(minimal + text))).toEqual([expect.stringMatching(message)]);
  });
});
