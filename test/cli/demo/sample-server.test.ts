import { request } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { type SampleServer, startSampleServer } from '../../../src/cli/demo/sample-server.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function sample(): Promise<SampleServer> {
  const server = await startSampleServer({ stepMilliseconds: 1 });
  closing.push(server.close);
  return server;
}

const eras = [
  ['a client of 2025-11-25', { mode: 'legacy' }],
  ['a client of 2026-07-28', { mode: { pin: '2026-07-28' } }],
] as const;

async function connect({ url }: SampleServer, era: (typeof eras)[number][1]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: era });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  closing.push(() => client.close());
  return client;
}

describe.each(eras)('startSampleServer, for %s', (_name, era) => {
  it('lists its tools, resource and prompt', async () => {
    const client = await connect(await sample(), era);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'notes_add',
      'notes_export',
      'notes_get',
      'notes_list',
      'notes_purge',
    ]);
    const { contents } = await client.readResource({ uri: 'notes://all' });
    expect(contents).toMatchObject([{ text: expect.stringContaining('#1 Water the plants') }]);
    const { messages } = await client.getPrompt({ name: 'summarise' });
    expect(messages).toHaveLength(1);
  });

  it('keeps what is written, for every client of one run', async () => {
    const server = await sample();
    const call = async (name: string, args: Record<string, unknown> = {}) => {
      const client = await connect(server, era);
      return (await client.callTool({ name, arguments: args })).content;
    };
    expect(await call('notes_add', { text: 'new' })).toMatchObject([{ text: 'added #4' }]);
    expect(await call('notes_get', { id: 4 })).toMatchObject([{ text: 'new' }]);
    expect(await call('notes_purge')).toMatchObject([{ text: 'deleted 4 notes' }]);
    expect(await call('notes_list')).toMatchObject([{ text: 'no notes' }]);
    expect(await call('notes_get', { id: 4 })).toMatchObject([{ text: 'no note #4' }]);
  });

  it('has its first notes again after restoreNotes', async () => {
    const server = await sample();
    const client = await connect(server, era);
    const list = async () => (await client.callTool({ name: 'notes_list', arguments: {} })).content;
    const first = await list();
    await client.callTool({ name: 'notes_purge', arguments: {} });
    expect(await list()).not.toEqual(first);
    server.restoreNotes();
    expect(await list()).toEqual(first);
  });

  it('reports progress before the result of an export', async () => {
    const client = await connect(await sample(), era);
    const heard: number[] = [];
    const result = await client.callTool(
      { name: 'notes_export', arguments: {} },
      { onprogress: ({ progress }) => heard.push(progress) },
    );
    expect(heard).toEqual([1, 2, 3, 4]);
    expect(result.content).toMatchObject([{ text: expect.stringContaining('Renew the domain') }]);
  });
});

describe('startSampleServer', () => {
  it('counts every request, also those it does not serve', async () => {
    const server = await sample();
    expect(server.requests()).toBe(0);
    expect((await fetch(new URL('/other', server.url))).status).toBe(404);
    expect(server.requests()).toBe(1);
  });

  it('answers only to names of this machine', async () => {
    const { port } = new URL((await sample()).url);
    const status = await new Promise((resolve) => {
      const headers = { host: 'evil.example' };
      request({ port, host: '127.0.0.1', path: '/mcp', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });
});
