import { createServer } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, expect, it, vi } from 'vitest';
import { closeServer, listenOnLoopback } from '../../src/cli/demo/listen.ts';
import { firstScope, type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { waiting } from '../support/waiting.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server on SDK v1 whose list waits until it is let go, and whose calls never end. */
async function startSlowServer(enableJsonResponse: boolean) {
  let letGo = (): void => {};
  const wait = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const started: string[] = [];
  const mcp = new Server({ name: 'slow', version: '1' }, { capabilities: { tools: {} } });
  mcp.setRequestHandler(ListToolsRequestSchema, async () => {
    started.push('list');
    await wait;
    const inputSchema = { type: 'object' as const };
    return { tools: ['echo', 'drop-all'].map((name) => ({ name, inputSchema })) };
  });
  mcp.setRequestHandler(CallToolRequestSchema, () => {
    started.push('call');
    return new Promise<never>(() => {});
  });
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => crypto.randomUUID(),
    enableJsonResponse,
  });
  await mcp.connect(transport);
  const server = createServer((incoming, outgoing) => {
    void transport.handleRequest(incoming, outgoing);
  });
  const port = await listenOnLoopback(server, 0);
  closing.push(
    () => closeServer(server),
    () => mcp.close(),
  );
  return { url: `http://127.0.0.1:${port}/mcp`, letGo, started };
}

async function send(rig: GatewayRig, token: string, session: string, message: object) {
  return fetch(rig.resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2025-11-25',
      ...(session !== '' && { 'mcp-session-id': session }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
  });
}

it.each([
  ['JSON', true],
  ['an event stream', false],
])(
  'a list that a server sends in the answer to a call of the same id is filtered, in %s',
  async (_how, asJson) => {
    const server = await startSlowServer(asJson);
    const rig = await startGatewayRig({ upstream: server.url });
    closing.push(() => rig.close());
    const token = await rig.mint({ scope: firstScope });
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'bare', version: '1' },
    };
    const opened = await send(rig, token, '', { method: 'initialize', params });
    const session = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();

    const list = send(rig, token, session, { method: 'tools/list' });
    list.catch(() => {});
    await vi.waitFor(() => expect(server.started).toEqual(['list']), waiting);
    const call = send(rig, token, session, { method: 'tools/call', params: { name: 'echo' } });
    await vi.waitFor(() => expect(server.started).toEqual(['list', 'call']), waiting);
    server.letGo();
    const text = await (await call).text();
    expect(text).toContain('"echo"');
    expect(text).not.toContain('drop-all');
  },
);
