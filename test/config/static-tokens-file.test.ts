import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConfigError } from '../../src/config/problem.ts';
import { parseStaticTokens } from '../../src/config/static-tokens.ts';
import { addStaticToken, formatStaticTokens } from '../../src/config/static-tokens-file.ts';

const ci = { name: 'ci', hash: `sha256:${'0a'.repeat(32)}`, scopes: ['a', 'b'] };
const cron = { name: 'cron', hash: `sha256:${'0b'.repeat(32)}`, scopes: [], expires: '2027-01-31' };

const namesIn = (text: string) => parseStaticTokens(parse(text)).map(({ name }) => name);

describe('formatStaticTokens', () => {
  it('writes a file that reads back as the same token', () => {
    expect(parse(formatStaticTokens(ci))).toEqual({ tokens: [ci] });
    expect(parse(formatStaticTokens(cron))).toEqual({ tokens: [cron] });
  });

  it.each(['null', 'yes', '1e3', '- a', '#x', '{a}', '*a'])('keeps the name %j as text', (name) => {
    expect(parse(formatStaticTokens({ ...ci, name }))).toEqual({ tokens: [{ ...ci, name }] });
  });
});

describe('addStaticToken', () => {
  it.each([
    ['an empty file', '', ['cron']],
    ['a file of comments', '# tokens of the build\n', ['cron']],
    ['an empty list', 'tokens: []\n', ['cron']],
    ['a list in blocks', formatStaticTokens(ci), ['ci', 'cron']],
    [
      'a list in one line',
      `tokens: [{ name: ci, hash: "${ci.hash}", scopes: [a] }]\n`,
      ['ci', 'cron'],
    ],
    ['JSON', JSON.stringify({ tokens: [ci] }), ['ci', 'cron']],
  ])('adds to %s', (_, text, names) => {
    expect(namesIn(addStaticToken(text, cron, 'tokens.yaml'))).toEqual(names);
  });

  it('keeps comments', () => {
    const text = `# ours\n${formatStaticTokens(ci).replace('name: ci', 'name: ci # the build')}`;
    const added = addStaticToken(text, cron, 'tokens.yaml');
    expect(added.startsWith(text.trimEnd())).toBe(true);
    expect(addStaticToken('# ours\n', ci, 'tokens.yaml')).toContain('# ours');
  });

  it('leaves JSON JSON', () => {
    const added = addStaticToken(JSON.stringify({ tokens: [ci] }), cron, 'tokens.json');
    expect(JSON.parse(added)).toEqual({ tokens: [ci, cron] });
  });

  it.each([
    ['a name that is taken', formatStaticTokens({ ...cron, hash: ci.hash }), /tokens\.1\.name/],
    ['a file that is wrong already', 'tokens:\n  - name: x\n', /tokens\.yaml:2:5: tokens\.0\.hash/],
    ['a file about something else', 'tools: []\n', /tokens\.yaml:1:1: /],
    ['a file that is a list', '- a\n', /must have a list of tokens/],
    ['a file that is no YAML', 'tokens: [\n', /tokens\.yaml:/],
  ])('refuses %s', (_, text, message) => {
    expect(() => addStaticToken(text, cron, 'tokens.yaml')).toThrow(ConfigError);
    expect(() => addStaticToken(text, cron, 'tokens.yaml')).toThrow(message);
  });
});
