import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { settingDescriptions } from '../../src/config/settings.ts';
import { parsePolicyDocument } from '../../src/policy/document.ts';

const top = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, top), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(new URL('docs/', top), { recursive: true })
    .map((name) => `docs/${name}`)
    .filter((name) => name.endsWith('.md')),
];

interface Snippet {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const snippets: readonly Snippet[] = pages.flatMap((page) =>
  [...read(page).matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    page,
    language,
    text,
  })),
);
const inLanguage = (language: string): readonly Snippet[] =>
  snippets.filter((snippet) => snippet.language === language);

/** The lines of a shell snippet that are commands, and the variables it sets. */
function readShell({ text }: Snippet) {
  const lines = text.split('\n').map((line) => line.replace(/\s+#.*$/, '').trim());
  const assignment = /^(?:export )?([A-Z_]+)=(?:"([^"]*)"|(\S+))$/;
  const env: Record<string, string> = {};
  const commands: string[] = [];
  for (const line of lines.filter((entry) => entry !== '')) {
    const [, name, quoted, bare] = assignment.exec(line) ?? [];
    if (name === undefined) commands.push(line);
    else env[name] = quoted ?? bare ?? '';
  }
  return { env, commands };
}

/** What stands in the files that snippets name; there are no others. */
function readSecret(path: string): string {
  if (path !== '/run/secrets/assertion-key') return 'secret';
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** What the compiler has to say about snippets, each a module of its own; empty for nothing. */
function compile(shown: readonly Snippet[]): string {
  // Below the packages that they import.
  const cache = fileURLToPath(new URL('node_modules/.cache/', top));
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'snippets-'));
  try {
    const files = shown.map(({ page, text }, at) => {
      const file = `${page.replace(/\W/g, '-')}-${at}.ts`;
      writeFileSync(join(work, file), `${text}\nexport {};\n`);
      return file;
    });
    const config = {
      extends: fileURLToPath(new URL('test/tsconfig.json', top)),
      files,
      include: [],
    };
    const compilerOptions = { rootDir: fileURLToPath(top), noUnusedLocals: false };
    writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({ ...config, compilerOptions }));
    const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', top));
    return spawnSync(process.execPath, [compiler, '-p', work], { encoding: 'utf8' }).stdout;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

describe('the pages', () => {
  it('use only languages that are tested here', () => {
    expect(snippets.length).toBeGreaterThan(4);
    for (const { page, language } of snippets)
      expect(['sh', 'ts', 'yaml', 'js'], page).toContain(language);
  });

  it.each(inLanguage('yaml'))(
    '$page: a policy or a configuration file is accepted',
    ({ text, page }) => {
      const document = parse(text);
      if (!('upstreams' in document)) {
        expect(parsePolicyDocument(document).tools?.length, page).toBeGreaterThan(0);
        return;
      }
      const flags = { configFile: 'config.yaml' };
      const readFile = (): string => text;
      const config = loadConfig({ env: {}, flags, insecureNoAuth: false, readFile });
      expect(config.services).toHaveLength(document.upstreams.length);
    },
  );

  it.each(inLanguage('sh'))(
    '$page: variables are settings, and commands are scripts',
    (snippet) => {
      const { env, commands } = readShell(snippet);
      const { scripts, bin } = JSON.parse(read('package.json'));
      let command: readonly string[] | null = null;
      for (const line of commands) {
        const [own, server] = line.split(' -- ');
        const [, script] = /^npm (?:run )?([a-z:]+)$/.exec(line) ?? [];
        if (script === undefined) expect(own).toBe(`npx ${Object.keys(bin)[0]}`);
        else expect(Object.keys(scripts)).toContain(script);
        if (server !== undefined) command = server.split(' ');
      }
      const complete = {
        MCP_OAUTH_ISSUER: 'https://i.example',
        ...(command === null && { MCP_OAUTH_UPSTREAM: 'http://u.example' }),
      };
      const config = loadConfig({
        env: { ...complete, ...env },
        flags: {},
        insecureNoAuth: false,
        readFile: readSecret,
        command,
      });
      expect(config.insecureNoAuth).toBe(false);
    },
  );

  it('show TypeScript that compiles, against the sources', () => {
    const shown = inLanguage('ts');
    expect(shown.length).toBeGreaterThan(3);
    expect(compile(shown)).toBe('');
  });

  it('name only settings that exist', () => {
    const known = settingDescriptions.map(({ env }) => env);
    for (const page of pages.filter((name) => name !== 'CONTRIBUTING.md')) {
      for (const [name] of read(page).matchAll(/\bMCP_OAUTH_[A-Z_]*[A-Z]\b/g)) {
        expect(known, page).toContain(name);
      }
    }
  });

  it('link only to what exists', () => {
    for (const page of pages) {
      const base = new URL(page, top);
      for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
        expect(existsSync(new URL(target, base)), `${page} → ${target}`).toBe(true);
      }
    }
  });

  it('opens the README with the two commands of a newcomer', () => {
    const [first, second] = inLanguage('sh').filter(({ page }) => page === 'README.md');
    expect(first?.text.trim()).toBe('npm run demo');
    expect(second?.text.trim()).toBe('npm test');
  });
});
