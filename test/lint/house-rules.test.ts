import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findErrors, plantTree } from './planted-tree.ts';

function linesOf(count: number): string {
  return `${'\n'.repeat(count - 1)}export const last = ${count};\n`;
}

/** Each rule of the house once: where it is broken, how, and what the linter must say. */
const violations: readonly (readonly [file: string, content: string, error: string])[] = [
  ['src/http/long.ts', linesOf(201), '201 noExcessiveLinesPerFile'],
  ['providers/long.ts', linesOf(201), '201 noExcessiveLinesPerFile'],
  ['src/mcp/left.ts', "export { right } from './right.ts';\n", '1 noImportCycles'],
  ['src/mcp/right.ts', "export { left } from './left.ts';\n", '1 noImportCycles'],
  ['src/mcp/type-a.ts', "export type { B } from './type-b.ts';\n", '1 noImportCycles'],
  ['src/mcp/type-b.ts', "export type { A } from './type-a.ts';\n", '1 noImportCycles'],
  ['src/core/default.ts', 'export default 1;\n', '1 noDefaultExport'],
  ['providers/default.ts', 'export default 1;\n', '1 noDefaultExport'],
  ['src/gateway/print.ts', "console.log('hello');\n", '1 noConsole'],
  ['src/core/any.ts', 'export const a: any = 1;\n', '1 noExplicitAny'],
  ['src/core/enum.ts', 'export enum A {\n  B,\n}\n', '1 noEnum'],
  [
    'src/core/bang.ts',
    'export const a = (b: string | null): string => b!;\n',
    '1 noNonNullAssertion',
  ],
  ['src/core/ignore.ts', '// @ts-ignore\nexport const a = 1;\n', '1 noTsIgnore'],
  ['src/core/throw.ts', "throw 'text';\n", '1 useThrowOnlyError'],
  ['src/core/CamelCase.ts', 'export const a = 1;\n', '0 useFilenamingConvention'],
  ['src/http/process.ts', 'export const a = process.pid;\n', '1 noProcessGlobal'],
  ['src/http/buffer.ts', "export const a = Buffer.from('a');\n", '1 noRestrictedGlobals'],
  ['src/app.ts', 'async function a() {}\n\na();\n', '3 noFloatingPromises'],
  ['src/cli/vitest.ts', "export { it } from 'vitest';\n", '1 noUndeclaredDependencies'],
  ['test/http/only.test.ts', "it.only('alone', () => {});\n", '1 noFocusedTests'],
  ['test/http/skip.test.ts', "it.skip('not now', () => {});\n", '1 noSkippedTests'],
];

/** Code that keeps every rule, where a rule that is too strict would object. */
const permitted = {
  'src/core/errors.ts': 'export const code = 1;\n',
  'src/http/bearer.ts': "export { code } from '../core/errors.ts';\n",
  'src/http/full.ts': linesOf(200),
  'providers/full.ts': linesOf(200),
  'src/cli/print.ts': "console.log('hello');\n",
  'test/http/long.test.ts': linesOf(201),
  'vitest.config.ts':
    "import { defineConfig } from 'vitest/config';\n\nexport default defineConfig({});\n",
};

const errors = findErrors(Object.fromEntries(violations));

/** A finding of another rule may be argued away in place; those of the structure may not. */
const unsilenceable =
  /biome-ignore\S* lint(:|\/\w+:|\/plugin|.*(noRestrictedImports|noImportCycles|noExcessiveLinesPerFile))/;

function commentsIn(folder: string): string[] {
  const top = join(import.meta.dirname, '../..', folder);
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))
    .filter((line) => line.includes('biome-ignore'));
}

describe('house rules', () => {
  it.each(violations)('refuses %s', (file, _, error) => {
    expect(errors).toContain(`${file}:${error}`);
  });

  it('refuses nothing of what keeps them', () => {
    expect([...findErrors(permitted)]).toEqual([]);
  });

  it.each(['src', 'providers'])('are not silenced in %s', (folder) => {
    const silenced = commentsIn(folder).filter((comment) => unsilenceable.test(comment));
    expect(silenced).toEqual([]);
  });

  it.each([
    '// biome-ignore lint: why not',
    '// biome-ignore lint/style: why not',
    '// biome-ignore lint/style/noRestrictedImports: why not',
    '/* biome-ignore-all lint/style/noExcessiveLinesPerFile: why not */',
    '// biome-ignore-start lint/suspicious/noImportCycles: why not',
    '// biome-ignore lint/plugin: why not',
  ])('count as silenced by %s', (comment) => {
    expect(comment).toMatch(unsilenceable);
  });
});

describe('npm run lint', () => {
  /** Without pre-scripts: a planted tree has nothing to install. */
  function npmRunLint(files: Record<string, string>): number | null {
    const tree = plantTree(files);
    try {
      return tree.run('npm', 'run', 'lint', '--ignore-scripts').status;
    } finally {
      tree.remove();
    }
  }

  it('passes on code that keeps the rules', () => {
    expect(npmRunLint({ 'src/core/errors.ts': 'export const code = 1;\n' })).toBe(0);
  });

  it.each([
    ['a forbidden import', { 'src/core/a.ts': "export { a } from '../http/a.ts';\n" }],
    [
      'a file of 201 lines',
      { 'src/http/long.ts': `${'// line\n'.repeat(200)}export const a = 1;\n` },
    ],
    [
      'a cycle',
      {
        'src/mcp/left.ts': "export { right } from './right.ts';\n",
        'src/mcp/right.ts': "export { left } from './left.ts';\n",
      },
    ],
    ['a mere warning', { 'src/core/a.ts': 'const unused = 1;\n\nexport {};\n' }],
    ['unformatted code', { 'src/core/a.ts': 'export const a=1\n' }],
  ])('fails on %s', (_, files: Record<string, string>) => {
    expect(npmRunLint(files)).toBe(1);
  });
});
