import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll } from 'vitest';
import { describeExamples, type Environment, type Running } from '../examples/suite.ts';
import { type Child, startChild } from '../support/child.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const { NODE_22 = '', DENO = '', MINIFLARE = '' } = process.env;
const alias = {
  'mcp-doorman': path('src/index.ts'),
  'mcp-doorman/fetch': path('src/adapters/fetch.ts'),
};
const work = mkdtempSync(join(tmpdir(), 'mcp-doorman-runtimes-'));

afterAll(() => rmSync(work, { recursive: true, force: true }));

const running = (child: Child): Running => ({
  send: (request) => fetch(request),
  async close() {
    child.signal('SIGTERM');
    await child.exited;
  },
});

async function startWorker(env: Environment): Promise<Running> {
  const worker = join(work, 'worker.js');
  await build({
    entryPoints: [path('examples/cloudflare-worker.ts')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'worker'],
    alias,
    outfile: worker,
    logLevel: 'silent',
  });
  const child = startChild(NODE_22, [path('test/runtimes/worker-server.mjs')], {
    env: { ...process.env, ...env, MINIFLARE, WORKER: worker },
  });
  await child.printed('stdout', 'ready');
  return running(child);
}

/** From the sources, as they are: Deno reads TypeScript. */
async function startDeno(env: Environment): Promise<Running> {
  const imports = join(work, 'import-map.json');
  writeFileSync(imports, JSON.stringify({ imports: alias }));
  const permissions = ['--allow-net=localhost,127.0.0.1', '--allow-env', '--allow-read'];
  const child = startChild(
    DENO,
    [
      ...['run', '--no-prompt', '--no-remote', '--no-lock', '--node-modules-dir=manual'],
      ...[...permissions, `--import-map=${imports}`, path('examples/deno.ts')],
    ],
    { cwd: path('.'), env: { ...process.env, ...env, DENO_DIR: join(work, 'deno') } },
  );
  await child.printed('stderr', 'Listening on');
  return running(child);
}

describeExamples([
  { name: 'cloudflare-worker.ts, in workerd', start: startWorker },
  { name: 'deno.ts, in Deno', start: startDeno },
]);
