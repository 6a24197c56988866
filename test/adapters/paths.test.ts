import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import express from 'express';
import express4 from 'express4';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doorman as fetchDoorman } from '../../src/adapters/fetch.ts';
import { doorman as honoDoorman } from '../../src/adapters/hono.ts';
import { doorman as nodeDoorman } from '../../src/adapters/node.ts';
import { rawExchange, rawHead } from '../support/raw-http.ts';
import { call, type LibraryRig, libraryRig, listen, webServer } from './rig.ts';

const secret = 'behind the guard';

function answer(_req: IncomingMessage, res: ServerResponse): void {
  res.end(secret);
}

/** Each framework with routes of its own that fit everything, as lenient as it comes. */
const frameworks: Readonly<Record<string, (rig: LibraryRig) => Server | Promise<Server>>> = {
  Hono({ server }) {
    const app = new Hono({ strict: false });
    app.use(honoDoorman(server, (c) => c.text(secret)));
    app.all('*', (c) => c.text('open', 404));
    return webServer(app.fetch);
  },
  'a fetch handler': ({ server }) => webServer(fetchDoorman(server, () => new Response(secret))),
  'node:http': ({ server }) => createServer(nodeDoorman(server, answer)),
  'Express 5': ({ server }) => createServer(express().use(nodeDoorman(server, answer))),
  'Express 4': ({ server }) => createServer(express4().use(nodeDoorman(server, answer))),
  'Express, below a path': ({ server }) =>
    createServer(express().use('/mcp', nodeDoorman(server, answer))),
  async Fastify({ server }) {
    const app = Fastify({
      routerOptions: {
        caseSensitive: false,
        ignoreTrailingSlash: true,
        ignoreDuplicateSlashes: true,
      },
    });
    const guard = nodeDoorman(server, answer);
    app.addHook('onRequest', (request, reply, next) => guard(request.raw, reply.raw, next));
    app.all('/mcp', async () => 'open');
    await app.ready();
    return app.server;
  },
};

const spellings = [
  ...['//mcp', '/mcp/', '/MCP', '/mcp%2f', '/%6dcp', '/%6Dcp', '/mcp;x', '/mcp%00', '/mcp%20'],
  ...['/mcp%', '/./mcp', '/x/../mcp', '/x/%2e%2e/mcp', '\\mcp', '/mcp?', '/mcp#f', '/mcp%23', '*'],
  ...['/mcp?access_token=x', 'http://127.0.0.1/mcp', 'http://evil.example/mcp', '/mcp/../mcp'],
  ...['/.well-known/oauth-protected-resource/..%2f..%2fmcp', '/mcp/.', '/mcp/x'],
];

describe.each(Object.entries(frameworks))('%s', (_name, create) => {
  let rig: LibraryRig;
  let close: () => Promise<void>;

  beforeAll(async () => {
    rig = await libraryRig();
    close = await listen(await create(rig), rig.port);
  });
  afterAll(() => close());

  function send(target: string, token?: string, method = 'POST') {
    const body = call('add');
    const fields = [
      `Host: 127.0.0.1:${rig.port}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ];
    return rawExchange(rig.port, rawHead(target, fields, method) + body);
  }

  it('is reached by the path of the resource, with a token', async () => {
    const { status, body } = await send('/mcp', await rig.mint());
    expect(status).toBe(200);
    expect(body).toContain(secret);
  });

  it.each(spellings)('lets nobody without a token past the guard by %s', async (target) => {
    const { status, body } = await send(target);
    expect(body).not.toContain(secret);
    expect([400, 401, 404, 200]).toContain(status);
  });

  it.each(['GET', 'DELETE', 'HEAD', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'QUERY', 'PURGE'])(
    'refuses %s without a token, and what MCP does not know with one',
    async (method) => {
      const bare = await send('/mcp', undefined, method);
      expect(bare.status).toBe(401);
      if (method === 'GET' || method === 'DELETE') return;
      const { status, body } = await send('/mcp', await rig.mint(), method);
      expect(status).toBe(405);
      expect(body).not.toContain(secret);
    },
  );
});
