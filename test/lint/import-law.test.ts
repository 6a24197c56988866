import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findErrors } from './planted-tree.ts';

/** The import law: what each place may import besides its own files. */
const below = ['core', 'http', 'token', 'policy', 'mcp', 'store', 'observe'];
const gate = [...below, 'guard', 'resource-server.ts'];
const law: Readonly<Record<string, readonly string[]>> = {
  core: [],
  http: ['core'],
  token: ['core'],
  policy: ['core'],
  mcp: ['core'],
  store: ['core'],
  observe: ['core'],
  providers: ['core'],
  guard: below,
  'resource-server.ts': [...below, 'guard'],
  adapters: [...gate, 'library'],
  gateway: gate,
  config: ['core', 'policy', 'providers'],
  library: [...gate, 'providers'],
  'index.ts': [...gate, 'library'],
  'endpoint.ts': [...gate, 'gateway', 'config'],
  'app.ts': [...gate, 'adapters', 'gateway', 'config', 'endpoint.ts'],
  cli: [...gate, 'adapters', 'gateway', 'config', 'endpoint.ts', 'app.ts', 'index.ts', 'cli/demo'],
  'cli/demo': [
    ...[...gate, 'adapters', 'gateway', 'config', 'endpoint.ts', 'app.ts', 'index.ts', 'cli'],
    'providers',
  ],
};

/** The fences: where each package may be imported. */
const fences: Readonly<Record<string, readonly string[]>> = {
  '@noble/hashes/argon2.js': ['token'],
  jose: ['token', 'cli/demo'],
  'openid-client': ['token'],
  '@modelcontextprotocol/client': ['gateway/stdio-session.ts', 'cli/demo'],
  '@modelcontextprotocol/sdk/server/mcp.js': ['gateway/stdio-session.ts', 'cli/demo'],
  'oidc-provider': ['cli/demo'],
  pino: ['observe'],
  'pino-pretty': ['observe'],
  'prom-client': ['observe'],
  undici: ['gateway'],
  '@redis/client': ['store/redis.ts'],
  commander: ['cli', 'cli/demo'],
  yaml: ['config'],
  zod: ['policy', 'config', 'cli/demo'],
  'lru-cache': ['token', 'store'],
  hono: ['adapters/hono.ts', 'endpoint.ts', 'app.ts', 'cli', 'cli/demo'],
  'hono/cors': ['endpoint.ts', 'app.ts', 'cli', 'cli/demo'],
  '@hono/node-server': ['endpoint.ts', 'app.ts', 'cli', 'cli/demo'],
  'node:crypto': [
    ...['observe', 'store/redis.ts', 'adapters/node.ts', 'adapters/node-answer.ts', 'gateway'],
    'gateway/stdio-session.ts',
    ...['config', 'app.ts', 'cli', 'cli/demo'],
  ],
  'node:fs/promises': [
    ...['observe', 'store/redis.ts', 'adapters/node.ts', 'adapters/node-answer.ts', 'gateway'],
    'gateway/stdio-session.ts',
    ...['config', 'app.ts', 'cli', 'cli/demo'],
  ],
  'some-other-package': [],
  'mcp-doorman': [],
};

/** Spellings by which an import could slip past the law, from a file in `src/http`. */
const spellings = [
  '../token/jwt.ts',
  './../token/jwt.ts',
  '.././token/jwt.ts',
  '..//token/jwt.ts',
  '../core/../token/jwt.ts',
  '../../src/token/jwt.ts',
  '../../providers/generic.ts',
  '../../../mcp-doorman/src/token/jwt.ts',
  '../token/jwt.js',
  '../token/jwt',
  '../token',
  '..',
  '../app.ts',
  '../../dist/src/token/jwt.js',
  '/srv/src/token/jwt.ts',
  'file:///srv/src/token/jwt.ts',
  'https://example.com/jwt.ts',
  'data:text/javascript,export{}',
  '#token',
  'jose/jwt/verify',
  './jose',
  'fs',
];

const forms: Readonly<Record<string, string>> = {
  'import type': "import type { A } from '../token/jwt.ts';",
  'side effect': "import '../token/jwt.ts';",
  'export from': "export { a } from '../token/jwt.ts';",
  'export all': "export * from '../token/jwt.ts';",
  'dynamic import': "export const a = await import('../token/jwt.ts');",
};

const hiddenForms: Readonly<Record<string, string>> = {
  'a type named inline': "export type A = import('../token/jwt.ts').A;",
  'typeof an import': "export type A = typeof import('../token/jwt.ts');",
  'a template': 'export const a = await import(`../token/jwt.ts`);',
  'a computed name': "export const a = await import(['..', 'token/jwt.ts'].join('/'));",
  require: "export const a = require('../token/jwt.ts');",
};

function home(place: string): string {
  return place === 'providers' ? place : posix.join('src', place);
}

/** The file of a place that imports, or is imported; a place is a folder or one file. */
function fileIn(place: string, name: string): string {
  return place.endsWith('.ts') ? home(place) : posix.join(home(place), name);
}

function specifier(from: string, to: string): string {
  const path = posix.relative(posix.dirname(fileIn(from, 'a.ts')), fileIn(to, 'b.ts'));
  return path.startsWith('.') ? path : `./${path}`;
}

const places = Object.keys(law);
const singleFiles = [
  ...['store/redis.ts', 'adapters/hono.ts', 'adapters/node.ts', 'adapters/node-answer.ts'],
  'gateway/stdio-session.ts',
];
const planted = new Map<string, string[]>();

/** Adds a line to a planted file. @returns where the linter would report it. */
function plant(file: string, line: string): string {
  const lines = planted.get(file) ?? [];
  planted.set(file, [...lines, line]);
  return `${file}:${lines.length + 1}`;
}

function plantImport(file: string, source: string): string {
  return plant(file, `import '${source}';`);
}

const arrows = places.map((from) => {
  const others = places.filter((to) => to !== from);
  return {
    from,
    permitted: others.filter((to) => law[from]?.includes(to)),
    planted: others.map((to) => ({
      to,
      at: plantImport(fileIn(from, 'a.ts'), specifier(from, to)),
    })),
  };
});

const packages = Object.entries(fences).map(([name, homes]) => {
  const all = [...places, ...singleFiles];
  return {
    name,
    permitted: all.filter((place) => homes.includes(place)),
    planted: all.map((place) => ({ place, at: plantImport(fileIn(place, 'a.ts'), name) })),
  };
});

const ownFolder = places
  .filter((place) => !place.endsWith('.ts'))
  .map((place) => [place, plantImport(fileIn(place, 'a.ts'), './sibling.ts')] as const);

const spelt = spellings.map((source) => [source, plantImport('src/http/c.ts', source)] as const);
const formed = Object.entries(forms).map(([form, line]) => [form, plant('src/http/d.ts', line)]);
const hidden = Object.entries(hiddenForms).map(([f, line]) => [f, plant('src/http/e.ts', line)]);
const homeless = plantImport('src/newcomer/a.ts', '../core/errors.ts');

const contents = [...planted].map(([file, lines]) => [file, `${lines.join('\n')}\n`] as const);
const errors = findErrors(Object.fromEntries(contents));

function isRefused({ at }: { at: string }): boolean {
  return errors.has(`${at} noRestrictedImports`);
}

describe('import law', () => {
  it.each(arrows)('lets $from import $permitted and no other layer', ({ planted, permitted }) => {
    const passed = planted.filter((arrow) => !isRefused(arrow));
    expect(passed.map(({ to }) => to)).toEqual(permitted);
  });

  it.each(packages)('keeps $name to $permitted', ({ planted, permitted }) => {
    const passed = planted.filter((line) => !isRefused(line));
    expect(passed.map(({ place }) => place)).toEqual(permitted);
  });

  it.each(ownFolder)('lets the files of %s import each other', (_, at) => {
    expect(isRefused({ at })).toBe(false);
  });

  it.each(spelt)('refuses the spelling %s', (_, at) => {
    expect(isRefused({ at })).toBe(true);
  });

  it.each(formed)('refuses the form: %s', (_, at) => {
    expect(errors).toContain(`${at} noRestrictedImports`);
  });

  it.each(hidden)('refuses an import that the law could not see: %s', (_, at) => {
    expect(errors).toContain(`${at} plugin`);
  });

  it('refuses every import of a folder that has no line in the law', () => {
    expect(isRefused({ at: homeless })).toBe(true);
  });
});
