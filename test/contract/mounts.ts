import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import express from 'express';
import { Hono } from 'hono';
import { doorman as honoDoorman } from '../../src/adapters/hono.ts';
import { doorman as nodeDoorman } from '../../src/adapters/node.ts';
import { closeServer, reservePort } from '../../src/cli/demo/listen.ts';
import { startGateway } from '../../src/cli/listen.ts';
import { loadConfig } from '../../src/config/load.ts';
import { systemPorts } from '../../src/core/ports.ts';
import { createResourceServer, type PolicyDocument } from '../../src/index.ts';
import { type FakeIssuer, fakeIssuer, type LogLine, recordingLog } from '../support/issuer.ts';
import { emptyResult, startUpstream } from '../support/upstream.ts';

/** The caller of the table may use `safe`; `secret` takes a step-up, and `denied` nobody may use. */
const policy: PolicyDocument = {
  required: ['mcp:access'],
  scopes: { 'mcp:admin': { stepUp: true } },
  tools: [
    { match: 'safe', scopes: ['mcp:tools:read'] },
    { match: 'secret', scopes: ['mcp:admin'] },
  ],
  resources: [{ match: 'file:///public/**', scopes: [] }],
};

/** One way to put the guard in front of an MCP server, listening on loopback. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  readonly resource: string;
  /** How many requests have got behind the guard. */
  served(): number;
  readonly log: readonly LogLine[];
  close(): Promise<void>;
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  if ((server.address() as AddressInfo).port !== port) throw new Error('another port');
}

async function reserved(): Promise<{ port: number; resource: string }> {
  const { port, release } = await reservePort(0);
  await release();
  return { port, resource: `http://127.0.0.1:${port}/mcp` };
}

async function gateway(idp: FakeIssuer): Promise<Subject> {
  const upstream = await startUpstream(emptyResult);
  const { port, resource } = await reserved();
  const log = recordingLog();
  const config = loadConfig({
    env: {
      MCP_OAUTH_ISSUER: idp.issuer,
      MCP_OAUTH_RESOURCE: resource,
      MCP_OAUTH_UPSTREAM: upstream.url,
      MCP_OAUTH_POLICY_FILE: 'policy.json',
      PORT: `${port}`,
    },
    flags: {},
    insecureNoAuth: false,
    readFile: () => JSON.stringify(policy),
  });
  const running = await startGateway(config, log);
  return {
    name: 'gateway',
    port,
    resource,
    served: () => upstream.arrivals.length,
    log: log.lines,
    async close() {
      await running.close(0);
      await upstream.close();
    },
  };
}

async function library(
  name: string,
  idp: FakeIssuer,
  mount: (server: ReturnType<typeof createResourceServer>, serve: () => void) => Server,
): Promise<Subject> {
  const { port, resource } = await reserved();
  const log = recordingLog();
  let served = 0;
  const resourceServer = createResourceServer({
    resource,
    issuers: [{ issuer: idp.issuer, audience: resource }],
    policy,
    ports: { log },
  });
  const server = mount(resourceServer, () => {
    served += 1;
  });
  await listen(server, port);
  return {
    name,
    port,
    resource,
    served: () => served,
    log: log.lines,
    async close() {
      await closeServer(server);
      await resourceServer.close();
    },
  };
}

/** An issuer that is reached over the network, as the gateway wants one. */
export async function startIssuer(): Promise<FakeIssuer & { close(): Promise<void> }> {
  const { port } = await reserved();
  const origin = `http://127.0.0.1:${port}`;
  const idp = await fakeIssuer({ clock: systemPorts.clock, issuer: `${origin}/realms/mcp` });
  const listener = { fetch: ({ url }: Request) => idp.fetch(url), overrideGlobalObjects: false };
  const server = createAdaptorServer(listener) as Server;
  await listen(server, port);
  return Object.assign(idp, { close: () => closeServer(server) });
}

/** The gateway, the Hono mount and the Express mount, under one policy and one issuer. */
export function startSubjects(idp: FakeIssuer): Promise<readonly Subject[]> {
  const hono = library('Hono mount', idp, (resourceServer, serve) => {
    const app = new Hono();
    app.use(
      honoDoorman(resourceServer, (c) => {
        serve();
        return c.json({ jsonrpc: '2.0', id: null, result: {} });
      }),
    );
    const listener = { fetch: app.fetch, overrideGlobalObjects: false };
    return createAdaptorServer(listener) as Server;
  });
  const http = library('Express mount', idp, (resourceServer, serve) => {
    const app = express();
    app.use(
      nodeDoorman(resourceServer, (_req, res) => {
        serve();
        res.setHeader('Content-Type', 'application/json');
        res.end('{"jsonrpc":"2.0","id":null,"result":{}}');
      }),
    );
    return createServer(app);
  });
  return Promise.all([gateway(idp), hono, http]);
}
