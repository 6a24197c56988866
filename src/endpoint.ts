import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { Config, Service } from './config/config.ts';
import { DoormanError } from './core/errors.ts';
import type { Log, Ports, Store } from './core/ports.ts';
import { createGateway } from './gateway/gateway.ts';
import { createIdentityTeller, type IdentityTeller } from './gateway/upstream-identity.ts';
import { clientCertificateReader } from './http/client-certificate.ts';
import type { ResourceMetadata } from './http/metadata.ts';
import { originCheck } from './http/origin.ts';
import { splitResource } from './http/resource.ts';
import type { Policy } from './policy/policy.ts';
import { assembleResourceServer, type Transport } from './resource-server.ts';
import { partitionStore } from './store/partition.ts';

export type AppEnv = { Bindings: HttpBindings };

/** The MCP endpoint of one service, with a resource server and an upstream of its own. */
export interface Endpoint {
  /** Identifies the service. */
  readonly resource: string;
  /** The one path it answers at, compared exactly. */
  readonly path: string;
  /** By the policy in force; `null` where nobody can log in. */
  readonly metadata: ResourceMetadata | null;
  /** What verifies its assertions; `null` where it makes none. */
  readonly assertionKey: IdentityTeller['publicKey'];
  /** Answers a request to its path. Never rejects. */
  answer(c: Context<AppEnv>): Promise<Response>;
  /** Puts another policy into force; open event streams that it does not permit end. */
  changePolicy(policy: Policy): void;
  /** Whether requests can be served; tries to load what is needed to verify tokens. */
  ready(): Promise<boolean>;
  /** Refuses new requests from now on and ends open event streams; running calls go on. */
  drain(): void;
  /** Cuts everything that is still running. */
  close(): Promise<void>;
}

/** What all endpoints of a process share. */
export interface EndpointOptions {
  readonly config: Config;
  readonly ports: Ports;
  readonly store: Store;
}

/** What the log is told of a request, whatever becomes of it. */
export function transportOf(c: Context<AppEnv>): Transport {
  const clientAddress = c.env.incoming.socket.remoteAddress;
  return { requestId: c.var.requestId, ...(clientAddress !== undefined && { clientAddress }) };
}

/** A log whose every line says which of several services it is about. */
function logAbout(resource: string, log: Log): Log {
  return {
    debug: (event, fields) => log.debug(event, { resource, ...fields }),
    info: (event, fields) => log.info(event, { resource, ...fields }),
    warn: (event, fields) => log.warn(event, { resource, ...fields }),
    error: (event, fields) => log.error(event, { resource, ...fields }),
  };
}

/** Puts one service together: origin check, resource server and the way to its upstream. */
export function createEndpoint(
  service: Service,
  { config, ports: shared, store }: EndpointOptions,
): Endpoint {
  const { insecureNoAuth, streamLeewaySeconds } = config;
  const isOnly = config.services.length === 1;
  const log = isOnly ? shared.log : logAbout(service.resource, shared.log);
  const ports = { ...shared, log };
  const ownStore = partitionStore(store, service.resource);
  const resourceServer = assembleResourceServer({
    ...service,
    insecureNoAuth,
    streamLeewaySeconds,
    ports,
    store: ownStore,
    describeTools: (call) => gateway.describeTools(call),
  });
  const clientCertificateOf = clientCertificateReader(service.senderConstraint);
  const { resource } = service;
  const identity = createIdentityTeller({ ...service, ports });
  const { answers } = resourceServer;
  const gateway = createGateway({ ...service, ...ports, identity, store: ownStore, answers });
  const neighbours = config.services.map((other) => other.resource);
  const origins = originCheck({ ...config, resource, neighbours });
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

  const refuse = (c: Context<AppEnv>, error: unknown): Response =>
    resourceServer.refuse(error, { transport: transportOf(c) });

  return {
    resource: service.resource,
    path: splitResource(service.resource).endpoint,
    get metadata() {
      return resourceServer.metadata;
    },
    changePolicy: resourceServer.changePolicy,
    assertionKey: identity.publicKey,

    async answer(c) {
      const response = await serveMcp(c).catch((error: unknown) => refuse(c, error));
      if (response === RESPONSE_ALREADY_SENT) return response;
      for (const [name, value] of Object.entries(origins.corsHeaders(c.req.raw.headers))) {
        response.headers.set(name, value);
      }
      return response;
    },

    ready: async () => !draining && gateway.ready() && (await resourceServer.ready()),

    drain() {
      draining = true;
      gateway.endStreams();
    },

    close: () => gateway.close(),
  };
}
