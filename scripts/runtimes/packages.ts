import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installLocked } from '../locked-install.ts';
import type { Machine } from '../machine.ts';

/** Runtimes besides the Node that runs this. */
export interface Runtimes {
  /** Programs of further Node releases, by their major. */
  readonly nodes: Readonly<Record<'22' | '24', string>>;
  readonly deno: string;
  /** The module of miniflare, which runs workerd; it needs Node 22. */
  readonly miniflare: string;
}

const denoPackages: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64-glibc',
  'linux-arm64': 'linux-arm64-glibc',
  'darwin-arm64': 'darwin-arm64',
};

/**
 * Node 22 and 24, Deno and miniflare as `packages/package-lock.json` pins them, installed once per
 * machine.
 *
 * @throws Error with the reason, where they cannot be had.
 */
export async function installedRuntimes(
  machine: Machine,
  { platform, arch }: Pick<NodeJS.Process, 'platform' | 'arch'>,
): Promise<Runtimes> {
  const here = `${platform}-${arch}`;
  const denoPackage = denoPackages[here];
  if (denoPackage === undefined) throw new Error(`npm has no Node and Deno for ${here}.`);
  const node = (major: string): string =>
    join('node_modules', `node-${major}-${here}`, 'bin', 'node');
  const deno = join('node_modules', '@deno', denoPackage, 'deno');
  const folder = await installLocked(
    {
      name: 'runtimes',
      manifest: join(import.meta.dirname, 'packages'),
      announcement: 'Fetching Node 22 and 24, Deno and workerd (200 MB) ...',
      async check(target) {
        for (const program of [node('22'), node('24'), deno]) {
          if (!existsSync(join(target, program))) throw new Error(`npm left out ${program}.`);
          await machine.run(join(target, program), ['--version']);
        }
      },
    },
    machine,
  );
  return {
    nodes: { 22: join(folder, node('22')), 24: join(folder, node('24')) },
    deno: join(folder, deno),
    miniflare: join(folder, 'node_modules', 'miniflare', 'dist', 'src', 'index.js'),
  };
}
