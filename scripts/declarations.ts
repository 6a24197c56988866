import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What one exported name stands for. */
export interface Declaration {
  readonly name: string;
  /** Its comment without the stars; empty for none. */
  readonly comment: string;
  /** Its declaration, as the compiler writes it. */
  readonly text: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where a statement, or the comment before it, begins: whatever stands at the edge but a bracket. */
const beginning = /^(?=[a-z/])/m;
const commented =
  /^(?:\/\*\*([\s\S]*?)\*\/\s*)?(export (?:declare )?(?:interface|type|const|function|class) (\w+)[\s\S]*)$/;
const exportList = /^export (?:type )?\{([^}]*)\}(?: from '([^']+)')?;$/gm;
const importList = /^import (?:type )?\{([^}]*)\} from '([^']+)';$/gm;

function namesIn(list: string): readonly string[] {
  return list.split(',').flatMap((entry) => /(\w+)\s*$/.exec(entry)?.[1] ?? []);
}

function withoutStars(comment: string): string {
  return comment.replace(/^[ \t]*\* ?/gm, '').trim();
}

/** The statements of a module, each with the comment that stands before it. */
function statementsOf(text: string): readonly string[] {
  const statements: string[] = [];
  for (const part of text.split(beginning)) {
    const last = statements.at(-1);
    if (last?.trim().endsWith('*/')) statements[statements.length - 1] = last + part;
    else statements.push(part);
  }
  return statements;
}

/** The declarations of a module and of what it exports from others, in the order of its exports. */
function readModule(path: string): readonly Declaration[] {
  const text = readFileSync(path.replace(/\.ts$/, '.d.ts'), 'utf8');
  const own = statementsOf(text).flatMap((statement) => {
    const [, comment = '', declaration = '', name = ''] = commented.exec(statement) ?? [];
    if (name === '') return [];
    const shown = declaration.trim().replace(/^export (?:declare )?/, '');
    return { name, comment: withoutStars(comment), text: shown };
  });
  const imports = new Map(
    [...text.matchAll(importList)].flatMap(([, list = '', from = '']) =>
      namesIn(list).map((name) => [name, from] as const),
    ),
  );
  const others = [...text.matchAll(exportList)].flatMap(([, list = '', from]) =>
    namesIn(list).map((name) => {
      const source = from ?? imports.get(name);
      if (source === undefined) return own.find((one) => one.name === name);
      return readModule(join(dirname(path), source)).find((one) => one.name === name);
    }),
  );
  return [...own, ...others].flatMap((found) => found ?? []);
}

/**
 * What the compiler says of the exports of some modules.
 *
 * @param sources paths from the top level.
 * @throws Error where the compiler fails
 */
export function declarationsOf(
  sources: readonly string[],
): Readonly<Record<string, readonly Declaration[]>> {
  const work = mkdtempSync(join(tmpdir(), 'mcp-doorman-declarations-'));
  try {
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const emit = ['-p', root, '--noCheck', '--emitDeclarationOnly', '--outDir', work];
    const { status, stdout } = spawnSync(process.execPath, [compiler, ...emit], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stdout);
    return Object.fromEntries(sources.map((source) => [source, readModule(join(work, source))]));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
