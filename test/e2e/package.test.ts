import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { type Child, startChild } from '../support/child.ts';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import { expectNoToken } from '../support/expectations.ts';
import { callTool, toolNames } from '../support/sdk-client.ts';
import { sdkV2 } from '../support/sdk-v2.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const npmPatienceMs = 180_000;
const documents = /^(README|CHANGELOG|LICENSE)/;

/**
 * What npm needs to find its cache and registry. Nothing else of npm's own may pass: it would tell
 * the npm inside of the test that it works for this checkout.
 */
function npmEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = /^(PATH|HOME|TMPDIR|NPM_CONFIG_.*|npm_config_(registry|cache|userconfig)|.*_proxy)$/;
  const own = Object.entries(process.env).filter(([name]) => kept.test(name));
  return { ...Object.fromEntries(own), ...extra };
}

async function run(cwd: string, command: string, args: readonly string[]): Promise<string> {
  const child = startChild(command, args, { cwd, env: npmEnvironment() });
  if ((await child.exited) !== 0) throw new Error(child.output.stdout + child.output.stderr);
  return child.output.stdout;
}

/** Uses each entry point as an author does, so that a type that cannot be found is an error. */
const typedUse = `
import { createServer } from 'node:http';
import { createResourceServer, type Principal, type ResourceServer } from 'mcp-doorman';
import { doorman as onFetch } from 'mcp-doorman/fetch';
import { doorman as onHono } from 'mcp-doorman/hono';
import { doorman as onNode } from 'mcp-doorman/node';

const server: ResourceServer = createResourceServer({
  resource: 'https://mcp.example.com/mcp',
  issuers: [{ issuer: 'https://idp.example.com', provider: 'generic' }],
});
const told = ({ subject }: Principal): Response => new Response(subject);
export const handlers = [
  onFetch(server, (_request, { principal }) => told(principal)),
  onHono(server, (c) => told(c.var.principal)),
  createServer(onNode(server, (req, res) => res.end(req.auth.clientId))),
];
// @ts-expect-error a misspelt option
createResourceServer({ resource: 'https://mcp.example.com/mcp', issuer: 'https://idp.example.com' });
`;

describe('the packed package, installed in an empty project', () => {
  let work: string;
  let project: string;
  let packed: readonly string[];
  let everything: EverythingServer;
  let idp: Idp;
  let gateway: Child;
  let resource: string;

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'mcp-doorman-package-'));
    const copy = join(work, 'source');
    project = join(work, 'project');
    // Built and packed in a place of its own and without scripts: the checkout stays as it is.
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const emit = ['-p', '.', '--noCheck', '--outDir', join(copy, 'dist')];
    await run(root, process.execPath, [compiler, ...emit]);
    for (const name of await readdir(root)) {
      if (documents.test(name) || name === 'package.json')
        await cp(join(root, name), join(copy, name));
    }
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', work];
    const answer = await run(copy, 'npm', pack);
    const [{ filename, files }] = JSON.parse(answer);
    packed = files.map(({ path }: { path: string }) => path);

    await cp(join(work, filename), join(project, filename));
    await writeFile(join(project, 'package.json'), '{"private":true}');
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund'];
    await run(project, 'npm', ['install', ...quiet, `./${filename}`]);

    everything = await startEverything();
    const { port, release } = await reservePort(0);
    resource = `http://localhost:${port}/mcp`;
    idp = await startIdp({ resource, scopes: ['mcp:access'], autoLogin: 'alice' });
    await release();
    gateway = startChild('npx', ['--no-install', 'mcp-doorman'], {
      cwd: project,
      detached: true,
      env: npmEnvironment({
        MCP_OAUTH_ISSUER: idp.issuer,
        MCP_OAUTH_RESOURCE: resource,
        MCP_OAUTH_UPSTREAM: everything.url,
        PORT: `${port}`,
      }),
    });
    await gateway.printed('stdout', 'mcp-doorman listening on http://');
  }, npmPatienceMs);

  afterAll(async () => {
    await gateway?.stop();
    await idp?.close();
    await everything?.close();
    await rm(work, { recursive: true, force: true });
  });

  it('protects server-everything: refusal, login, 13 tools, a call', async () => {
    const bare = await fetch(resource, { method: 'POST' });
    expect(bare.status).toBe(401);
    const client = sdkV2({ url: resource, fetch });
    await client.connect();
    expect(client.logins).toHaveLength(1);
    expect(await toolNames(client)).toHaveLength(13);
    const { content } = await callTool(client, 'echo', { message: 'from the package' });
    expect(content).toEqual([{ type: 'text', text: 'Echo: from the package' }]);
    const { stdout, stderr } = gateway.output;
    expectNoToken(stdout + stderr, client.tokens()?.access_token ?? '');
    await client.close();
  });

  it('can be imported from plain JavaScript, each entry point of it', async () => {
    const probe = `
      const { createResourceServer } = await import('mcp-doorman');
      const adapters = ['fetch', 'hono', 'node'].map((name) => import('mcp-doorman/' + name));
      const kinds = (await Promise.all(adapters)).map(({ doorman }) => typeof doorman);
      console.log(typeof createResourceServer, ...kinds);
    `;
    const args = ['--input-type=module', '--eval', probe];
    expect(await run(project, process.execPath, args)).toBe(
      'function function function function\n',
    );
  });

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('can be imported from TypeScript, module %s, resolution %s', async (module, resolution) => {
    const compilerOptions = {
      ...{ module, moduleResolution: resolution, target: 'es2023', lib: ['es2023', 'dom'] },
      ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false },
      ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
    };
    const config = join(project, `tsconfig.${resolution}.json`);
    await writeFile(join(project, 'check.mts'), typedUse);
    await writeFile(config, JSON.stringify({ compilerOptions, files: ['check.mts'] }));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    expect(await run(project, process.execPath, [compiler, '-p', config])).toBe('');
  });

  it('holds the program and its documents, and nothing of its tests', async () => {
    expect(packed).toContain('package.json');
    expect(packed).toContain('LICENSE');
    expect(packed).toContain('dist/src/cli/main.js');
    expect(packed.filter((path) => /^(test|scripts|src|providers|\.)/.test(path))).toEqual([]);
    expect(await readdir(join(project, 'node_modules', '.bin'))).toContain('mcp-doorman');
  });
});
