import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../src/cli/run.ts';
import { makeToken, type TokenFlags } from '../../src/cli/token-command.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { parseStaticTokens } from '../../src/config/static-tokens.ts';
import { createStaticTokens } from '../../src/token/static-tokens.ts';
import { manualClock } from '../support/clock.ts';
import { screen } from '../support/screen.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'static-tokens-'));
  file = join(folder, 'tokens.yaml');
});

afterEach(() => rmSync(folder, { recursive: true }));

function make(flags: Partial<TokenFlags> = {}) {
  const stdout = screen();
  const stderr = screen();
  const code = makeToken({ name: 'ci', scopes: 'a b', ...flags }, { stdout, stderr });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

const grammar = /^mcpd_[A-Za-z0-9_-]{43}$/;

describe('mcp-doorman token', () => {
  it('prints a token once, and the entry for the file', () => {
    const { code, stdout, stderr } = make({ expires: '2027-01-31' });
    const [token = '', , , , ...entry] = stdout.split('\n');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(token).toMatch(grammar);
    expect(stdout.split(token)).toHaveLength(2);
    expect(parse(entry.join('\n'))).toEqual({
      tokens: [
        {
          name: 'ci',
          hash: `sha256:${createHash('sha256').update(token).digest('hex')}`,
          scopes: ['a', 'b'],
          expires: '2027-01-31',
        },
      ],
    });
  });

  it('makes another token each time', () => {
    const tokens = Array.from({ length: 20 }, () => make().stdout.split('\n')[0]);
    expect(new Set(tokens).size).toBe(20);
  });

  it('adds to the file, for its owner only, and prints nothing but the token to stdout', async () => {
    const first = make({ file });
    const second = make({ name: 'cron', scopes: '', file });
    expect(first.stdout.trim()).toMatch(grammar);
    expect(first.stderr).toContain(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['tokens.yaml']);

    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('mcpd_');
    const tokens = createStaticTokens(parseStaticTokens(parse(text)), { clock: manualClock() });
    expect(await tokens.find(first.stdout.trim())).toMatchObject({
      subject: 'ci',
      scopes: new Set(['a', 'b']),
    });
    expect(await tokens.find(second.stdout.trim())).toMatchObject({ scopes: new Set() });
  });

  it('keeps the mode of a file, and a symbolic link a link', () => {
    const link = join(folder, 'link.yaml');
    writeFileSync(file, 'tokens: []\n', { mode: 0o640 });
    symlinkSync(file, link);
    make({ file: link });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readFileSync(file, 'utf8')).toContain('name: ci');
  });

  it.each([
    ['a name with a space', { name: 'a b' }, '--name'],
    ['a scope that is none', { scopes: 'a "b"' }, '--scopes'],
    ['an expiry that is none', { expires: 'soon' }, '--expires'],
  ])('refuses %s, without making anything', (_, flags, source) => {
    const stdout = screen();
    const refused = () =>
      makeToken({ name: 'ci', scopes: 'a', file, ...flags }, { stdout, stderr: stdout });
    expect(refused).toThrow(ConfigError);
    expect(refused).toThrow(`${source}: `);
    expect(stdout.text()).toBe('');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses a name that the file has, and leaves the file as it was', () => {
    make({ file });
    const before = readFileSync(file, 'utf8');
    expect(() => make({ file })).toThrow(/tokens\.1\.name/);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['tokens.yaml']);
  });

  it('does not undo another run that is writing the same file', () => {
    writeFileSync(`${file}.new`, 'half');
    expect(() => make({ file })).toThrow(/EEXIST/);
    expect(readFileSync(`${file}.new`, 'utf8')).toBe('half');
  });

  it('prints no token that it could not keep', () => {
    const stdout = screen();
    const missing = join(folder, 'no', 'tokens.yaml');
    expect(() =>
      makeToken({ name: 'ci', scopes: 'a', file: missing }, { stdout, stderr: stdout }),
    ).toThrow(/ENOENT/);
    expect(stdout.text()).toBe('');
  });

  it('is a command of its own, which needs a name and scopes', async () => {
    const attempt = async (...flags: string[]) => {
      const stdout = screen();
      const stderr = screen();
      const code = await run(['token', ...flags], { env: {}, stdout, stderr });
      return { code, stdout: stdout.text(), stderr: stderr.text() };
    };
    const made = await attempt('--name', 'ci', '--scopes', 'a b', '--file', file);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mcpd_\S{43}\n$/) });
    expect(readFileSync(file, 'utf8')).toContain('name: ci');
    expect(await attempt('--name', 'ci')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining("'--scopes <scopes>' not specified"),
    });
    expect(await attempt('--name', 'a b', '--scopes', '')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--name: must be 1 to 100 visible ASCII characters'),
    });
  });
});
