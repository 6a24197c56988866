import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const binaries = join(root, 'node_modules/.bin');

/** What the linter reads besides the code it judges. */
const settings = ['biome.json', 'package.json', '.gitignore', 'scripts/hidden-import.grit'];

/** A copy of the house rules around planted files, in a folder of its own. */
export interface PlantedTree {
  /** Runs a command in the tree with the project's own binaries. */
  run(command: string, ...args: string[]): { status: number | null; stdout: string };
  remove(): void;
}

/** @param files contents by path; paths are relative to the top of the tree. */
export function plantTree(files: Record<string, string>): PlantedTree {
  const tree = mkdtempSync(join(tmpdir(), 'doorman-lint-'));
  for (const path of settings) cpSync(join(root, path), join(tree, path));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  return {
    run(command, ...args) {
      const { PATH = '' } = process.env;
      const env = { ...process.env, PATH: `${binaries}${delimiter}${PATH}` };
      const { status, stdout } = spawnSync(command, args, { cwd: tree, env, encoding: 'utf8' });
      return { status, stdout };
    },
    remove() {
      rmSync(tree, { recursive: true });
    },
  };
}

/** `path:line rule` for each error that Biome finds in the files. */
export function findErrors(files: Record<string, string>): ReadonlySet<string> {
  const tree = plantTree(files);
  try {
    const { stdout } = tree.run('biome', 'lint', '--reporter=json', '--max-diagnostics=none', '.');
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    return new Set(
      errors.map(({ category, location }) => {
        const rule = category.split('/').at(-1);
        return `${location.path}:${location.start.line} ${rule}`;
      }),
    );
  } finally {
    tree.remove();
  }
}

interface Diagnostic {
  readonly severity: string;
  readonly category: string;
  readonly location: { readonly path: string; readonly start: { readonly line: number } };
}
