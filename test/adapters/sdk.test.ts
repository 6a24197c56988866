import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { doorman } from '../../src/adapters/node.ts';
import { callTool, toolNames } from '../support/sdk-client.ts';
import { sdkV1 } from '../support/sdk-v1.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { waiting } from '../support/waiting.ts';
import { type LibraryRig, libraryRig, listen } from './rig.ts';

/** A server with sessions and streams, the whole of what SDK v1 does, behind the guard in Express. */
function sessionServer(): Parameters<typeof doorman>[1] {
  const transports = new Map<string, StreamableHTTPServerTransport>();

  async function open(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    });
    const server = new McpServer(
      { name: 'counter', version: '1.0.0' },
      { capabilities: { logging: {} } },
    );
    server.registerTool('add', {}, async ({ authInfo, sendNotification }) => {
      await sendNotification({
        method: 'notifications/message',
        params: { level: 'info', data: 1 },
      });
      return { content: [{ type: 'text', text: `${authInfo?.extra?.subject}` }] };
    });
    server.registerTool('purge', {}, () => ({ content: [] }));
    await server.connect(transport as Parameters<McpServer['connect']>[0]);
    return transport;
  }

  return async (req, res) => {
    const { 'mcp-session-id': id } = req.headers;
    const transport = transports.get(`${id}`) ?? (await open());
    await transport.handleRequest(req, res, req.body);
  };
}

describe.each([
  ['SDK v1', sdkV1],
  ['SDK v2', sdkV2],
] as const)('a client of %s', (_name, create) => {
  let rig: LibraryRig;
  let close: () => Promise<void>;

  beforeAll(async () => {
    rig = await libraryRig();
    const app = express().use(doorman(rig.server, sessionServer()));
    close = await listen(createServer(app), rig.port);
  });
  afterAll(() => close());

  it('has its session, its stream and the tools that are permitted to it', async () => {
    const methods: string[] = [];
    const statuses: number[] = [];
    const traced: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      methods.push(init?.method ?? 'GET');
      statuses.push(response.status);
      return response;
    };
    const authorization = `Bearer ${await rig.mint()}`;
    const client = create({ url: rig.resource, fetch: traced, authorization });
    await client.connect();
    expect(await toolNames(client)).toEqual(['add']);
    const { content } = await callTool(client, 'add');
    expect(content).toEqual([{ type: 'text', text: 'alice' }]);
    // The stream of the server, which stays open.
    await vi.waitFor(() => expect(statuses[methods.indexOf('GET')]).toBe(200), waiting);
    await expect(callTool(client, 'purge')).rejects.toThrow();
    await client.close();
  });
});
