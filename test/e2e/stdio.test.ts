import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, type StandardSchemaV1 } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childEnvironment } from '../../src/gateway/stdio-environment.ts';
import { fullScope, type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { callTool, type SdkClient, toolNames } from '../support/sdk-client.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { principalNamed } from '../support/stdio-front.ts';

type Result = Record<string, unknown>;
type Call = (name: string, args: Record<string, unknown>) => Promise<Result>;

const require = createRequire(import.meta.url);
const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'doorman-stdio-')));
const files = join(scratch, 'files');
const memory = join(scratch, 'memory.json');

function mainOf(manifest: string): string {
  return join(dirname(manifest), 'dist/index.js');
}

interface Server {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Brings what the server keeps to where it was. */
  reset(): void;
  /** Calls of tools, in this order; those that are missing are called without arguments. */
  readonly calls: Readonly<Record<string, Record<string, unknown>>>;
}

const entity = { name: 'Ada', entityType: 'person', observations: ['counts'] };
const relation = { from: 'Ada', to: 'Ada', relationType: 'knows' };

const servers: readonly Server[] = [
  {
    name: 'server-filesystem',
    command: [
      process.execPath,
      mainOf(require.resolve('@modelcontextprotocol/server-filesystem/package.json')),
      files,
    ],
    reset() {
      rmSync(files, { recursive: true, force: true });
      mkdirSync(files);
      writeFileSync(join(files, 'a.txt'), 'one\ntwo\n');
    },
    calls: {
      read_file: { path: join(files, 'a.txt') },
      read_text_file: { path: join(files, 'a.txt'), head: 1 },
      read_media_file: { path: join(files, 'a.txt') },
      read_multiple_files: { paths: [join(files, 'a.txt'), join(files, 'none')] },
      write_file: { path: join(files, 'b.txt'), content: 'ü' },
      edit_file: { path: join(files, 'a.txt'), edits: [{ oldText: 'one', newText: 'three' }] },
      create_directory: { path: join(files, 'd') },
      list_directory: { path: files },
      list_directory_with_sizes: { path: files },
      directory_tree: { path: files },
      move_file: { source: join(files, 'b.txt'), destination: join(files, 'd', 'b.txt') },
      search_files: { path: files, pattern: '**/*.txt' },
      get_file_info: { path: join(files, 'a.txt') },
    },
  },
  {
    name: 'server-memory',
    command: [
      'env',
      `MEMORY_FILE_PATH=${memory}`,
      process.execPath,
      mainOf(require.resolve('@modelcontextprotocol/server-memory/package.json')),
    ],
    reset: () => rmSync(memory, { force: true }),
    calls: {
      create_entities: { entities: [entity] },
      create_relations: { relations: [relation] },
      add_observations: { observations: [{ entityName: 'Ada', contents: ['writes'] }] },
      read_graph: {},
      search_nodes: { query: 'ada' },
      open_nodes: { names: ['Ada'] },
      delete_observations: { deletions: [{ entityName: 'Ada', observations: ['writes'] }] },
      delete_relations: { relations: [relation] },
      delete_entities: { entityNames: ['Ada'] },
    },
  },
  {
    name: 'server-everything',
    command: [
      process.execPath,
      mainOf(require.resolve('@modelcontextprotocol/server-everything/package.json')),
      'stdio',
    ],
    reset() {},
    calls: {
      echo: { message: '12345678901234567890' },
      'get-annotated-message': { messageType: 'error', includeImage: true },
      'get-sum': { a: 1, b: 2 },
      'get-resource-links': { count: 2 },
      'get-resource-reference': { resourceType: 'Text', resourceId: 1 },
      'get-structured-content': { location: 'Chicago' },
      'gzip-file-as-resource': { name: 'a.gz', data: 'data:text/plain,abc' },
      'trigger-long-running-operation': { duration: 0.1, steps: 1 },
    },
  },
];

/** MCP 2026-07-28 has no member that says whether a tool may run as a task. */
function withoutExecution({ execution, ...tool }: Result): unknown {
  return tool;
}

function isReadOnly({ annotations }: Result): boolean {
  return (annotations as { readOnlyHint?: boolean } | undefined)?.readOnlyHint === true;
}

const anyResult: StandardSchemaV1<unknown, Result> = {
  '~standard': { version: 1, vendor: 'direct', validate: (value) => ({ value: value as Result }) },
};

const moments = /\d{1,2}:\d\d:\d\d [AP]M|\w{3} \w{3} \d\d \d{4} [^\\"]*/g;

/** A result without what differs from one moment or one client to the next. */
function comparable(result: Result): unknown {
  const { _meta, ...kept } = JSON.parse(JSON.stringify(result).replace(moments, 'a moment'));
  return kept;
}

/** What each tool answers, by name. */
async function answers({ calls }: Server, tools: readonly string[], call: Call) {
  const results: Record<string, unknown> = {};
  const named = Object.keys(calls);
  for (const name of [...named, ...tools.filter((tool) => !named.includes(tool))]) {
    const result = call(name, calls[name] ?? {}).then(comparable);
    results[name] = await result.catch((error: unknown) => `${error}`);
  }
  return results;
}

async function direct(server: Server) {
  const [command, ...args] = server.command;
  // The same variables in the same order, since one tool tells them.
  const env = childEnvironment({}, principalNamed('alice'), process.env);
  const client = new Client({ name: 'end-to-end', version: '1' });
  await client.connect(new StdioClientTransport({ command, args, env, stderr: 'ignore' }));
  const { tools } = await client.listTools();
  const request = (method: string, params: object) =>
    client.request({ method, params: { ...params } }, anyResult);
  const results = await answers(
    server,
    tools.map(({ name }) => name),
    (name, args) => request('tools/call', { name, arguments: args }),
  );
  const list = (await request('tools/list', {})) as { tools: Result[] };
  await client.close();
  return { tools: list.tools, names: tools.map(({ name }) => name), results };
}

/** What the servers themselves say of their tools decides. */
const policy = {
  required: ['mcp:access'],
  tools: [
    { annotations: { readOnlyHint: true }, scopes: ['mcp:tools:read'] },
    { match: '*', scopes: ['mcp:admin'] },
  ],
};

describe.each(servers)('$name over stdio', (server) => {
  let rig: GatewayRig;
  let expected: Awaited<ReturnType<typeof direct>>;
  const clients: SdkClient[] = [];

  beforeAll(async () => {
    server.reset();
    expected = await direct(server);
    rig = await startGatewayRig({ upstream: server.command, policy });
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await rig?.close();
  });

  async function connect(scope: string, pin?: '2026-07-28'): Promise<SdkClient> {
    const authorization = `Bearer ${await rig.mint({ scope })}`;
    const client = sdkV2({ url: rig.resource, fetch, authorization, ...(pin && { pin }) });
    clients.push(client);
    await client.connect();
    return client;
  }

  async function everyAnswer(client: SdkClient) {
    server.reset();
    const { tools } = (await client.request('tools/list')) as { tools: Result[] };
    expect(tools.map(withoutExecution)).toEqual(expected.tools.map(withoutExecution));
    return answers(server, expected.names, (name, args) => callTool(client, name, args));
  }

  it('gives what a direct client gets, for every tool', async () => {
    const client = await connect(fullScope);
    expect(await everyAnswer(client)).toEqual(expected.results);
    await client.terminateSession();
  });

  it('gives the same to a client that speaks nothing but MCP 2026-07-28', async () => {
    expect(await everyAnswer(await connect(fullScope, '2026-07-28'))).toEqual(expected.results);
  });

  it.each(['2025-11-25', '2026-07-28'] as const)(
    'lets a read token see and use the read tools and no other, by MCP %s',
    async (revision) => {
      server.reset();
      const pin = revision === '2026-07-28' ? revision : undefined;
      const client = await connect('mcp:access mcp:tools:read', pin);
      const readTools = expected.tools.filter(isReadOnly).map(({ name }) => name);
      expect(readTools.length).toBeGreaterThan(2);
      expect(await toolNames(client)).toEqual(readTools);
      const usable: unknown[] = [];
      for (const name of expected.names) {
        const call = callTool(client, name, server.calls[name]).catch((error: unknown) => error);
        if (!/403|scope/i.test(`${await call}`)) usable.push(name);
      }
      expect(usable).toEqual(readTools);
    },
  );
});

afterAll(() => rmSync(scratch, { recursive: true }));
