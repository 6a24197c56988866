import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath, makeOnce } from './cache.ts';
import type { Machine } from './machine.ts';

/** Packages that some test runs need and the product does not. */
export interface LockedPackages {
  /** Of the folder in the cache. */
  readonly name: string;
  /** The folder that holds their `package.json` and `package-lock.json`. */
  readonly manifest: string;
  /** What the person who waits is told. */
  readonly announcement: string;
  readonly omitOptional?: boolean;
  /** Looks at what was installed. @throws Error with the reason, where it is of no use here. */
  check?(folder: string): Promise<void>;
}

const manifestFiles = ['package.json', 'package-lock.json'];
const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];

/**
 * Installs packages exactly as their lock file pins them, outside of the repository and once per
 * machine; another lock file is another folder.
 *
 * @returns the folder that has their `node_modules`.
 * @throws Error with the reason, where they cannot be had.
 */
export function installLocked(packages: LockedPackages, machine: Machine): Promise<string> {
  const { name, manifest, announcement, omitOptional = false, check } = packages;
  const lock = createHash('sha256');
  for (const file of manifestFiles) lock.update(readFileSync(join(manifest, file)));
  const version = `${lock.digest('hex').slice(0, 12)}${omitOptional ? '-lean' : ''}`;
  return makeOnce(cachePath(`${name}-${version}`, machine.env), async (work) => {
    machine.say(announcement);
    const target = join(work, name);
    mkdirSync(target);
    for (const file of manifestFiles) copyFileSync(join(manifest, file), join(target, file));
    const omit = omitOptional ? ['--omit=optional'] : [];
    await machine.run('npm', ['ci', ...quiet, ...omit], { cwd: target });
    await check?.(target);
    return target;
  });
}
