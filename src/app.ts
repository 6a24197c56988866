import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { requestId } from 'hono/request-id';
import type { Config } from './config/config.ts';
import { DoormanError } from './core/errors.ts';
import type { Ports } from './core/ports.ts';
import { createGateway } from './gateway/gateway.ts';
import { clientCertificateReader } from './http/client-certificate.ts';
import { originCheck } from './http/origin.ts';
import { splitResource } from './http/resource.ts';
import { createResourceServer, type Transport } from './resource-server.ts';
import { createMemoryStore } from './store/memory.ts';

type AppEnv = { Bindings: HttpBindings };

export interface App {
  /** For `@hono/node-server`; answers of the upstream are written to the Node response directly. */
  readonly hono: Hono<AppEnv>;
  /** Whether tokens can be verified; tries to load what is needed for it. */
  ready(): Promise<boolean>;
  /** Refuses new requests from now on and ends open event streams; running calls go on. */
  drain(): void;
  /** Cuts everything that is still running. */
  close(): Promise<void>;
}

const livenessPath = '/healthz';
const readinessPath = '/readyz';
const maxHeaderFields = 100;
const drainableBytes = 64 * 1024;

/** The path exactly as it stands in the request line: no decoding, no dot segments, no case. */
function rawPath(target = ''): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** Whether an answered request has more of a body coming than is worth reading to its end. */
function leavesBodyBehind({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  const length = headers['content-length'];
  return length === undefined ? 'transfer-encoding' in headers : Number(length) > drainableBytes;
}

function transportOf(c: Context<AppEnv>): Transport {
  const clientAddress = c.env.incoming.socket.remoteAddress;
  return { requestId: c.var.requestId, ...(clientAddress !== undefined && { clientAddress }) };
}

/**
 * Puts the gateway together: resource server, upstream and routes. Everything that is not the MCP
 * endpoint, a well-known document or a health URL is 404 and reaches no upstream.
 */
export function createApp(config: Config, ports: Ports): App {
  const store = createMemoryStore(ports.clock);
  const resourceServer = createResourceServer({ ...config, ports, store });
  const clientCertificateOf = clientCertificateReader(config.senderConstraint);
  const gateway = createGateway({ ...config, answers: resourceServer.answers });
  const origins = originCheck(config);
  let draining = false;

  async function serveMcp(c: Context<AppEnv>): Promise<Response> {
    const request = c.req.raw;
    if (draining) throw new DoormanError('shutting_down');
    origins.checkHost(request.headers);
    const preflight = origins.preflight(request);
    if (preflight) return preflight;
    origins.checkOrigin(request.headers);
    const transport = transportOf(c);
    const clientCertificate = clientCertificateOf(request.headers, transport.clientAddress);
    const admitted = await resourceServer.guard(request, { ...transport, clientCertificate });
    if (admitted instanceof Response) return admitted;
    const headers = origins.corsHeaders(request.headers);
    try {
      await gateway.forward(admitted, { ...c.env, requestId: c.var.requestId, headers });
      return RESPONSE_ALREADY_SENT;
    } catch (error) {
      return resourceServer.refuse(error, { ...admitted, transport: transportOf(c) });
    }
  }

  const hono = new Hono<AppEnv>({
    getPath: (_request, { env } = {}) => rawPath(env?.incoming?.url),
  });

  hono.use(requestId(), async (c, next) => {
    await next();
    if (c.res === RESPONSE_ALREADY_SENT) return;
    c.header('X-Request-Id', c.var.requestId);
    if (leavesBodyBehind(c.env.incoming)) c.header('Connection', 'close');
  });
  hono.use(async (c, next) => {
    // Node drops pairs past its own limit without a word; what is dropped cannot be checked.
    if (c.env.incoming.rawHeaders.length > 2 * maxHeaderFields) {
      throw new DoormanError('headers_too_large');
    }
    await next();
  });
  const { metadata } = resourceServer;
  for (const path of metadata?.paths ?? []) {
    hono.all(path, (c) => metadata?.respond(c.req.raw) ?? c.notFound());
  }
  hono.get(livenessPath, (c) => c.text('ok\n'));
  hono.get(readinessPath, async (c) => {
    const ready = !draining && (await resourceServer.ready());
    return ready ? c.text('ready\n') : c.text('not ready\n', 503);
  });
  hono.all(splitResource(config.resource).endpoint, async (c) => {
    const response = await serveMcp(c).catch((error: unknown) =>
      resourceServer.refuse(error, { transport: transportOf(c) }),
    );
    if (response === RESPONSE_ALREADY_SENT) return response;
    for (const [name, value] of Object.entries(origins.corsHeaders(c.req.raw.headers))) {
      response.headers.set(name, value);
    }
    return response;
  });
  hono.notFound((c) =>
    resourceServer.refuse(new DoormanError('not_found'), { transport: transportOf(c) }),
  );
  hono.onError((error, c) => resourceServer.refuse(error, { transport: transportOf(c) }));

  return {
    hono,
    ready: () => resourceServer.ready(),
    drain() {
      draining = true;
      gateway.endStreams();
    },
    async close() {
      await gateway.close();
      await store.close();
    },
  };
}
