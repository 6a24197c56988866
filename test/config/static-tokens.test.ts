import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseStaticTokens, StaticTokensError } from '../../src/config/static-tokens.ts';

const hash = `sha256:${'0a'.repeat(32)}`;
const otherHash = `sha256:${'0b'.repeat(32)}`;
const ci = { name: 'ci', hash, scopes: ['a'] };

function issuesOf(value: unknown): [string, string][] {
  try {
    parseStaticTokens(value);
    return [];
  } catch (error) {
    if (!(error instanceof StaticTokensError)) throw error;
    return error.issues.map(({ path, message }) => [path.join('.'), message]);
  }
}

describe('parseStaticTokens', () => {
  it('reads the file of the documentation', () => {
    const text = `
tokens:
  - name: ci
    hash: ${hash}
    scopes: [mcp:tools:read, mcp:tools:write]
    expires: 2027-01-31
  - { name: cron, hash: "${otherHash}", scopes: [] }
`;
    expect(parseStaticTokens(parse(text))).toEqual([
      {
        name: 'ci',
        hash,
        scopes: ['mcp:tools:read', 'mcp:tools:write'],
        expiresAt: Date.UTC(2027, 0, 31) / 1_000,
      },
      { name: 'cron', hash: otherHash, scopes: [], expiresAt: null },
    ]);
  });

  it.each([
    ['2027-01-31T08:00:00Z', Date.UTC(2027, 0, 31, 8)],
    ['2027-01-31T08:00:00.500Z', Date.UTC(2027, 0, 31, 8, 0, 0, 500)],
    ['2027-01-31T08:00:00+02:00', Date.UTC(2027, 0, 31, 6)],
    ['2020-01-01', Date.UTC(2020, 0, 1)],
  ])('reads the expiry %s', (expires, ms) => {
    expect(parseStaticTokens({ tokens: [{ ...ci, expires }] })[0]?.expiresAt).toBe(ms / 1_000);
  });

  it('accepts a list without tokens', () => {
    expect(parseStaticTokens({ tokens: [] })).toEqual([]);
  });

  it.each([
    ['nothing', null, '', /must have a list of tokens/],
    ['a bare list', [ci], '', /must have a list of tokens/],
    ['another key', { token: [], tokens: [] }, '', /does not know token;/],
    ['no list', { tokens: ci }, 'tokens', /must be a list of tokens/],
    ['a token that is text', { tokens: ['ci'] }, 'tokens.0', /must be a token with name/],
    ['an unknown member', { tokens: [{ ...ci, scope: 'a' }] }, 'tokens.0', /does not know scope;/],
    ['no name', { tokens: [{ ...ci, name: undefined }] }, 'tokens.0.name', /must be a name/],
    ['an empty name', { tokens: [{ ...ci, name: '' }] }, 'tokens.0.name', /1 to 100/],
    ['a name that breaks lines', { tokens: [{ ...ci, name: 'a\nb' }] }, 'tokens.0.name', /ASCII/],
    ['no hash', { tokens: [{ ...ci, hash: undefined }] }, 'tokens.0.hash', /must be a hash/],
    ['a token for a hash', { tokens: [{ ...ci, hash: 'mcpd_x' }] }, 'tokens.0.hash', /sha256:/],
    ['no scopes', { tokens: [{ ...ci, scopes: undefined }] }, 'tokens.0.scopes', /no defaults/],
    ['scopes in one text', { tokens: [{ ...ci, scopes: 'a b' }] }, 'tokens.0.scopes', /list/],
    [
      'two scopes in one',
      { tokens: [{ ...ci, scopes: ['a b'] }] },
      'tokens.0.scopes.0',
      /no spaces/,
    ],
    ['a scope that is no text', { tokens: [{ ...ci, scopes: [1] }] }, 'tokens.0.scopes.0', /text/],
    [
      'an impossible day',
      { tokens: [{ ...ci, expires: '2027-02-30' }] },
      'tokens.0.expires',
      /date/,
    ],
    [
      'a time without offset',
      { tokens: [{ ...ci, expires: '2027-01-31T08:00:00' }] },
      'tokens.0.expires',
      /date/,
    ],
    ['seconds', { tokens: [{ ...ci, expires: 1_900_000_000 }] }, 'tokens.0.expires', /date/],
    ['an empty expiry', { tokens: [{ ...ci, expires: '' }] }, 'tokens.0.expires', /date/],
  ])('refuses %s', (_, value, path, message) => {
    expect(issuesOf(value)).toEqual([[path, expect.stringMatching(message)]]);
  });

  it('refuses a name or a hash that is used twice', () => {
    const upper = hash.toUpperCase().replace('SHA256', 'sha256');
    expect(issuesOf({ tokens: [ci, { ...ci, hash: upper }] })).toEqual([
      ['tokens.1.name', expect.stringContaining('earlier token')],
      ['tokens.1.hash', expect.stringContaining('earlier token')],
    ]);
    expect(issuesOf({ tokens: [ci, { ...ci, name: 'CI', hash: otherHash }] })).toEqual([]);
  });

  it('reports every problem at once, without repeating what stands for a hash', () => {
    const value = { tokens: [{ name: '', hash: 'canary', scopes: ['"'] }], extra: 1 };
    expect(issuesOf(value).map(([path]) => path)).toEqual([
      'tokens.0.name',
      'tokens.0.hash',
      'tokens.0.scopes.0',
      '',
    ]);
    expect(() => parseStaticTokens(value)).toThrow(/static tokens: does not know extra/);
    expect(() => parseStaticTokens(value)).not.toThrow(/canary/);
  });
});
