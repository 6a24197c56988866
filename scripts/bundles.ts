import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What a project pays for one entry point of the package. */
export interface Bundle {
  readonly subpath: string;
  /** Minified and gzipped, with every dependency. */
  readonly bytes: number;
  readonly budgetBytes: number;
  /** Packages that are part of it, sorted. */
  readonly packages: readonly string[];
  /** Modules that the runtime has to bring, sorted. */
  readonly externals: readonly string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** Entry points with the most that each may weigh. Raise one only for what is worth its weight. */
export const entries = {
  '.': { source: 'src/index.ts', budgetBytes: 95_000 },
  './fetch': { source: 'src/adapters/fetch.ts', budgetBytes: 4_500 },
  './hono': { source: 'src/adapters/hono.ts', budgetBytes: 4_500 },
  './node': { source: 'src/adapters/node.ts', budgetBytes: 6_500 },
} as const;

export type Subpath = keyof typeof entries;

/** Bundles an entry point as a worker's build does: nothing of Node is there unless it is named. */
export async function bundle(subpath: Subpath): Promise<Bundle> {
  const { source, budgetBytes } = entries[subpath];
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [source],
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'worker'],
    external: ['node:*'],
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  const packages = Object.keys(output?.inputs ?? {}).flatMap(
    (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  return {
    subpath,
    bytes: gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length,
    budgetBytes,
    packages: [...new Set(packages)].sort(),
    externals: [...new Set(output?.imports.map(({ path }) => path))].sort(),
  };
}
