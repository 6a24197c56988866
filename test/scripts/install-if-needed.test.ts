import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

const script = join(import.meta.dirname, '../../scripts/install-if-needed.mjs');

/** Stands in for npm: notes its arguments, refuses company, may wait for a sign, may fail. */
const fakeNpm = `#!${process.execPath}
const fs = require('node:fs');
fs.mkdirSync('npm-is-running');
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
const finish = () => {
  fs.rmdirSync('npm-is-running');
  if (process.env.NPM_FAILS) process.exit(7);
  fs.mkdirSync('node_modules', { recursive: true });
  fs.writeFileSync('node_modules/.package-lock.json', '{}');
};
const wait = () => (fs.existsSync('npm-may-finish') ? finish() : setTimeout(wait, 10));
process.env.NPM_WAITS ? wait() : finish();
`;

interface Run {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly done: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'doorman-install-'));
  mkdirSync(join(clone, 'scripts'));
  mkdirSync(join(clone, 'bin'));
  copyFileSync(script, join(clone, 'scripts/install-if-needed.mjs'));
  writeFileSync(join(clone, 'package.json'), JSON.stringify({ engines: packageJson.engines }));
  writeFileSync(join(clone, 'package-lock.json'), '{}');
  writeFileSync(join(clone, 'bin/npm'), fakeNpm);
  chmodSync(join(clone, 'bin/npm'), 0o755);
});

afterEach(() => {
  rmSync(clone, { recursive: true });
});

function start(env: Record<string, string> = {}, nodeFlags: readonly string[] = []): Run {
  const path = `${join(clone, 'bin')}${delimiter}${dirname(process.execPath)}`;
  const child = spawn(process.execPath, [...nodeFlags, 'scripts/install-if-needed.mjs'], {
    cwd: clone,
    env: { PATH: path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const ended = Promise.all([once(child, 'close'), text(child.stdout)]);
  const done = ended.then(([[code], stdout]) => ({ code: code as number | null, stdout, stderr }));
  return { child, stderr: () => stderr, done };
}

function npmCalls(): string[] {
  const file = join(clone, 'npm-calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

/** Makes an install that ended so many seconds after (or before) the lock file was last written. */
function installed({ secondsAfterLockFile }: { secondsAfterLockFile: number }): void {
  const copy = join(clone, 'node_modules/.package-lock.json');
  mkdirSync(dirname(copy));
  writeFileSync(copy, '{}');
  utimesSync(join(clone, 'package-lock.json'), 1_700_000_000, 1_700_000_000);
  utimesSync(copy, 1_700_000_000 + secondsAfterLockFile, 1_700_000_000 + secondsAfterLockFile);
}

function lockedBy(pid: number): void {
  mkdirSync(join(clone, '.install.lock'));
  writeFileSync(join(clone, '.install.lock', String(pid)), '');
}

function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

function locksLeft(): string[] {
  return readdirSync(clone).filter((name) => name.startsWith('.install.lock'));
}

const npmCi = expect.stringMatching(/^ci /);
const quiet = { code: 0, stdout: '', stderr: '' };
const oneLine = { code: 0, stdout: '', stderr: expect.stringMatching(/^Installing .*npm ci.*\n$/) };

describe('install-if-needed', () => {
  it('leaves a linked node_modules to whoever it belongs to', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'doorman-modules-'));
    writeFileSync(join(elsewhere, 'precious'), '');
    symlinkSync(elsewhere, join(clone, 'node_modules'));
    expect(await start().done).toMatchObject({ code: 0 });
    expect(npmCalls()).toEqual([]);
    expect(existsSync(join(elsewhere, 'precious'))).toBe(true);
    rmSync(elsewhere, { recursive: true });
  });

  it('installs and says so in one line where nothing is installed', async () => {
    expect(await start().done).toEqual(oneLine);
    expect(npmCalls()).toEqual([npmCi]);
    expect(locksLeft()).toEqual([]);
  });

  it('installs what tests and demo need even where the user leaves such packages out', async () => {
    await start({ NODE_ENV: 'production' }).done;
    expect(npmCalls()).toEqual([expect.stringMatching(/--include=dev --include=optional/)]);
  });

  it.each([0, 60])('is silent where the install is %i s newer than the lock file', async (s) => {
    installed({ secondsAfterLockFile: s });
    expect(await start().done).toEqual(quiet);
    expect(npmCalls()).toEqual([]);
  });

  it('installs again where the lock file is newer than the install', async () => {
    installed({ secondsAfterLockFile: -1 });
    expect(await start().done).toEqual(oneLine);
    expect(npmCalls()).toEqual([npmCi]);
  });

  it('installs again where an earlier install was cut short', async () => {
    mkdirSync(join(clone, 'node_modules'));
    expect(await start().done).toEqual(oneLine);
    expect(npmCalls()).toEqual([npmCi]);
  });

  it('lets a second process wait, say so, and use what the first installed', async () => {
    const first = start({ NPM_WAITS: '1' });
    await vi.waitFor(() => expect(npmCalls()).toHaveLength(1), { timeout: 10_000 });
    const second = start();
    await vi.waitFor(() => expect(second.stderr()).not.toBe(''), { timeout: 10_000 });
    writeFileSync(join(clone, 'npm-may-finish'), '');
    expect(await first.done).toEqual(oneLine);
    const waited = `Process ${first.child.pid} is installing already; waiting for it.\n`;
    expect(await second.done).toEqual({ code: 0, stdout: '', stderr: waited });
    expect(npmCalls()).toEqual([npmCi]);
    expect(locksLeft()).toEqual([]);
  });

  it.each(['a free lock', 'a stale lock'])('runs npm once when five meet at %s', async (lock) => {
    if (lock === 'a stale lock') lockedBy(deadPid());
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => start().done));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(npmCalls()).toEqual([npmCi]);
    expect(locksLeft()).toEqual([]);
  });

  it('takes over the lock of a process that died', async () => {
    lockedBy(deadPid());
    expect(await start().done).toEqual(oneLine);
    expect(npmCalls()).toEqual([npmCi]);
    expect(locksLeft()).toEqual([]);
  });

  it('lets the second process try itself when the first fails', async () => {
    const first = start({ NPM_WAITS: '1', NPM_FAILS: '1' });
    await vi.waitFor(() => expect(npmCalls()).toHaveLength(1), { timeout: 10_000 });
    const second = start();
    await vi.waitFor(() => expect(second.stderr()).not.toBe(''), { timeout: 10_000 });
    writeFileSync(join(clone, 'npm-may-finish'), '');
    expect((await first.done).code).toBe(1);
    expect((await second.done).code).toBe(0);
    expect(npmCalls()).toEqual([npmCi, npmCi]);
  });

  it('fails with a sentence, and frees the lock, when npm fails', async () => {
    const { code, stderr } = await start({ NPM_FAILS: '1' }).done;
    expect(code).toBe(1);
    expect(stderr).toMatch(/npm ci failed \(exit code 7\); see above\.\n$/);
    expect(locksLeft()).toEqual([]);
  });

  it('fails with a sentence where there is no npm', async () => {
    rmSync(join(clone, 'bin/npm'));
    const { code, stderr } = await start({ PATH: join(clone, 'bin') }).done;
    expect(code).toBe(1);
    expect(stderr).toMatch(/npm could not be started \(ENOENT\)\.\n$/);
    expect(locksLeft()).toEqual([]);
  });

  it.each([
    ['18.20.8', 1],
    ['20.18.3', 1],
    ['20.19.0', 0],
    ['22.1.0', 0],
  ])('on Node %s ends with %i', async (version, code) => {
    installed({ secondsAfterLockFile: 1 });
    const preload = join(clone, 'version.cjs');
    const versions = JSON.stringify({ node: version });
    writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: ${versions} });`);
    const sentence = `mcp-doorman needs Node 20.19 or newer, but this is ${version}.\n`;
    expect(await start({}, ['--require', preload]).done).toEqual({
      code,
      stdout: '',
      stderr: code === 0 ? '' : sentence,
    });
  });
});
