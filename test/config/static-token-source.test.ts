import { describe, expect, it } from 'vitest';
import { files, load, loadService, problems, sound } from './loading.ts';

const hash = `sha256:${'ab'.repeat(32)}`;
const tokens = `tokens:\n  - { name: ci, hash: "${hash}", scopes: [read], expires: 2030-01-01 }\n`;
const upstream = { MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9000/mcp' };
const named = { MCP_OAUTH_STATIC_TOKENS_FILE: 'tokens.yaml' };

describe('static tokens', () => {
  it('stand beside an issuer', () => {
    const service = loadService({ ...sound, ...named }, files({ 'tokens.yaml': tokens }));
    expect(service.issuers).toHaveLength(1);
    expect(service.staticTokens).toEqual([
      { name: 'ci', hash, scopes: ['read'], expiresAt: Date.UTC(2030, 0) / 1_000 },
    ]);
  });

  it.each([{}, { MCP_OAUTH_ENABLED: 'true' }])('protect without an issuer, with %j', (enabled) => {
    const env = { ...upstream, ...named, ...enabled };
    const { services, insecureNoAuth } = load(env, files({ 'tokens.yaml': tokens }));
    expect(services).toMatchObject([{ issuers: [], staticTokens: [{}] }]);
    expect(insecureNoAuth).toBe(false);
  });

  it('are dropped with all other protection', () => {
    const env = { ...upstream, ...named, MCP_OAUTH_ENABLED: 'false' };
    const options = { ...files({ 'tokens.yaml': tokens }), insecureNoAuth: true };
    expect(load(env, options)).toMatchObject({
      services: [{ staticTokens: [] }],
      insecureNoAuth: true,
    });
  });

  it.each<[string, Record<string, string>, string | null, RegExp]>([
    ['no file', sound, null, /^MCP_OAUTH_STATIC_TOKENS_FILE: cannot read tokens\.yaml \(ENOENT\)$/],
    ['no tokens', sound, '', /^tokens\.yaml: must have a list of tokens/],
    ['broken YAML', sound, 'tokens: [\n', /^tokens\.yaml:\d+:\d+: is not valid YAML/],
    [
      'an unknown key',
      sound,
      `${tokens}    secret: x\n`.replace(' }\n    secret: x', ', secret: x }'),
      /^tokens\.yaml:2:5: tokens\.0: does not know secret/,
    ],
    [
      'the token in place of its hash',
      sound,
      tokens.replace(hash, 'cAnArY'),
      /^tokens\.yaml:2:23: tokens\.0\.hash: must be sha256:/,
    ],
    [
      'an empty list that would let nobody in',
      upstream,
      'tokens: []',
      /^MCP_OAUTH_STATIC_TOKENS_FILE: names a file without tokens, and no issuer is set/,
    ],
  ])('refuse %s', (_, env, text, message) => {
    const found = problems(
      { ...env, ...named },
      files(text === null ? {} : { 'tokens.yaml': text }),
    );
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(found.join()).not.toContain('cAnArY');
  });

  it('may be none beside an issuer', () => {
    expect(problems({ ...sound, ...named }, files({ 'tokens.yaml': 'tokens: []' }))).toEqual([]);
  });

  it('do not go with settings of an issuer that is not there', () => {
    const env = { ...upstream, ...named, MCP_OAUTH_AUDIENCE: 'x', MCP_OAUTH_PROVIDER: 'okta' };
    expect(problems(env, files({ 'tokens.yaml': tokens }))).toEqual([
      expect.stringMatching(/^MCP_OAUTH_PROVIDER: has no effect without MCP_OAUTH_ISSUER/),
      expect.stringMatching(/^MCP_OAUTH_AUDIENCE: has no effect without MCP_OAUTH_ISSUER/),
    ]);
  });
});
