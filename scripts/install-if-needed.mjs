// Behind every `pre…` script of package.json: makes a fresh clone ready without a second command.
// Plain Node and no package, because it runs before any package is there.

import { spawn } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lock = join(root, '.install.lock');
const ownPid = String(process.pid);
const ownLock = `${lock}.${ownPid}`;
const pollMs = 200;
const patienceMs = 10 * 60 * 1000;

/** To stderr: a program may read what the script behind this one prints to stdout. */
function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}

/** What is wrong with this Node, or `null`. */
function nodeProblem() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major, minor] = engines.node.replace('>=', '').split('.').map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return null;
  return `mcp-doorman needs Node ${major}.${minor} or newer, but this is ${process.versions.node}.`;
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}

function isLink(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** npm writes its own copy of the lock file last, so an install cut short counts as none. */
function isInstalled() {
  // npm would empty the folder that a link points to, which belongs to somebody else.
  if (isLink(join(root, 'node_modules'))) return true;
  const installedAt = modifiedAt(join(root, 'node_modules', '.package-lock.json'));
  return Number.isFinite(installedAt) && installedAt >= modifiedAt(join(root, 'package-lock.json'));
}

/** Of several processes only one wins a rename; the others are told so by its error. */
function winsRename(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOTEMPTY', 'ENOENT', 'EPERM'].includes(error.code)) return false;
    throw error;
  }
}

/** The pid that holds the lock: the name of its one entry. `null` while it is free. */
function lockHolder() {
  try {
    return readdirSync(lock)[0] ?? null;
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Moves a ready-made directory into place, so that nobody ever sees a lock without its holder. */
function takesFreeLock() {
  mkdirSync(ownLock, { recursive: true });
  writeFileSync(join(ownLock, ownPid), '');
  if (winsRename(ownLock, lock)) return true;
  rmSync(ownLock, { recursive: true });
  return false;
}

/** A holder that died leaves its entry behind; a container may even give us the same pid again. */
function takesStaleLock(pid) {
  const stale = pid === ownPid || !isAlive(pid);
  return stale && winsRename(join(lock, pid), join(lock, ownPid));
}

/** @returns whether the lock is ours; `false` when its holder outlived our patience. */
async function acquire() {
  const deadline = Date.now() + patienceMs;
  let announced = false;
  while (Date.now() < deadline) {
    const pid = lockHolder();
    if (pid === null ? takesFreeLock() : takesStaleLock(pid)) return true;
    if (pid !== null && !announced) {
      say(`Process ${pid} is installing already; waiting for it.`);
      announced = true;
    }
    await delay(pollMs);
  }
  return false;
}

function release() {
  if (winsRename(lock, ownLock)) rmSync(ownLock, { recursive: true });
}

/**
 * No package here needs its install script, so none is run; a `NODE_ENV=production` or `omit` of
 * the user's must not leave out what tests and demo are made of.
 *
 * @returns what went wrong, or `null`.
 */
function install() {
  say('Installing what package-lock.json names (npm ci).');
  const flags = ['--ignore-scripts', '--include=dev', '--include=optional'];
  const npm = spawn('npm', ['ci', ...flags, '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  return new Promise((resolve) => {
    npm.once('error', (error) => resolve(`npm could not be started (${error.code}).`));
    npm.once('exit', (code, signal) =>
      resolve(code === 0 ? null : `npm ci failed (${signal ?? `exit code ${code}`}); see above.`),
    );
  });
}

async function problem() {
  const unfit = nodeProblem();
  if (unfit !== null || isInstalled()) return unfit;
  if (!(await acquire())) {
    return 'The other install does not end. If none is running, delete .install.lock and retry.';
  }
  try {
    // Whoever held the lock before us may have done the work.
    return isInstalled() ? null : await install();
  } finally {
    release();
  }
}

const found = await problem();
if (found !== null) {
  say(found);
  process.exitCode = 1;
}
