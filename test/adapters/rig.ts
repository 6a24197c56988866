import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { closeServer, reservePort } from '../../src/cli/demo/listen.ts';
import { systemPorts } from '../../src/core/ports.ts';
import {
  createResourceServer,
  type PolicyDocument,
  type ResourceServer,
  type ResourceServerOptions,
} from '../../src/index.ts';
import { type FakeIssuer, fakeIssuer, recordingLog } from '../support/issuer.ts';

const policy: PolicyDocument = {
  required: ['mcp:access'],
  scopes: { 'mcp:tools:write': { implies: ['mcp:tools:read'] } },
  tools: [
    { match: 'add', scopes: ['mcp:tools:read'] },
    { match: 'purge', scopes: ['mcp:admin'] },
  ],
};

export interface LibraryRig {
  readonly idp: FakeIssuer;
  readonly server: ResourceServer;
  readonly log: ReturnType<typeof recordingLog>;
  readonly port: number;
  readonly resource: string;
  /** A good token for the resource, unless claims say otherwise. */
  mint(claims?: Record<string, unknown>): Promise<string>;
}

/** A resource server on an issuer in memory, for a port that is free. */
export async function libraryRig(
  options: Partial<ResourceServerOptions> = {},
): Promise<LibraryRig> {
  const { port, release } = await reservePort(0);
  await release();
  const { resource = `http://127.0.0.1:${port}/mcp` } = options;
  const idp = await fakeIssuer({ clock: systemPorts.clock });
  const log = recordingLog();
  const server = createResourceServer({
    resource,
    issuers: [{ issuer: idp.issuer, audience: resource }],
    policy,
    ports: { fetch: idp.fetch, log },
    ...options,
  });
  return {
    idp,
    server,
    log,
    port,
    resource,
    mint: (claims = {}) => idp.mint({ aud: resource, ...claims }),
  };
}

export const call = (name: string, id = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });

/** A call under a token, as a web-standard request. */
export function post(
  url: string,
  token: string | null,
  body: string = call('add'),
  headers: Record<string, string> = {},
): Request {
  return new Request(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token !== null && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body,
  });
}

/** A server of a fetch handler, as Hono makes one. */
export function webServer(fetch: (request: Request) => Response | Promise<Response>): Server {
  return createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
}

export async function listen(server: Server, port: number): Promise<() => Promise<void>> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return () => closeServer(server);
}
