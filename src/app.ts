import type { IncomingMessage } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import type { Config, Service } from './config/config.ts';
import { DoormanError } from './core/errors.ts';
import type { Ports, Store } from './core/ports.ts';
import { type AppEnv, createEndpoint, type Endpoint, transportOf } from './endpoint.ts';
import { createRefuse } from './guard/refuse.ts';
import { keySetPath, respondWithKeys } from './http/key-set.ts';

export interface App {
  /** For `@hono/node-server`; answers of the upstream are written to the Node response directly. */
  readonly hono: Hono<AppEnv>;
  /** Whether every service can verify tokens; tries to load what is needed for it. */
  ready(): Promise<boolean>;
  /**
   * Puts other policies into force, by resource; open event streams that they do not permit end.
   *
   * @returns resources that are not served, whose policies were left out, and those that are served
   *   but are not there any more, whose policies stay.
   */
  reload(config: Pick<Config, 'services'>): readonly string[];
  /** Refuses new requests from now on and ends open event streams; running calls go on. */
  drain(): void;
  /** Cuts everything that is still running, and closes the store. */
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

/**
 * Where the metadata of an endpoint can be read. The root form names no resource, and so belongs to
 * nobody where there are several.
 */
function metadataPaths({ metadata }: Endpoint, isOnly: boolean): readonly string[] {
  const paths = metadata?.paths ?? [];
  return isOnly ? paths : paths.slice(0, 1);
}

/**
 * Puts the gateway together: one endpoint for each service, and the routes. Everything that is not
 * an MCP endpoint, a well-known document or a health URL is 404 and reaches no upstream.
 */
export function createApp(config: Config, ports: Ports, store: Store): App {
  const create = (service: Service): Endpoint => createEndpoint(service, { config, ports, store });
  const endpoints = config.services.map(create);
  /** Of what belongs to no endpoint, and therefore carries no challenge. */
  const refuse = createRefuse({
    resourceMetadata: null,
    schemes: [],
    first: [],
    known: [],
    requestScopes: (scopes) => scopes,
    denial: 'challenge',
    log: ports.log,
  });

  async function ready(): Promise<boolean> {
    const each = await Promise.all(endpoints.map((endpoint) => endpoint.ready()));
    return each.every((isReady) => isReady);
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
  for (const endpoint of endpoints) {
    for (const wellKnown of metadataPaths(endpoint, endpoints.length === 1)) {
      hono.all(wellKnown, (c) => endpoint.metadata?.respond(c.req.raw) ?? c.notFound());
    }
    hono.all(endpoint.path, (c) => endpoint.answer(c));
  }
  const assertionKeys = endpoints.flatMap(({ assertionKey }) => assertionKey ?? []);
  if (assertionKeys.length > 0) {
    hono.all(keySetPath, async (c) =>
      respondWithKeys(c.req.raw, await Promise.all(assertionKeys.map((key) => key()))),
    );
  }
  hono.get(livenessPath, (c) => c.text('ok\n'));
  hono.get(readinessPath, async (c) =>
    (await ready()) ? c.text('ready\n') : c.text('not ready\n', 503),
  );
  hono.notFound((c) => refuse(new DoormanError('not_found'), { transport: transportOf(c) }));
  hono.onError((error, c) => refuse(error, { transport: transportOf(c) }));

  return {
    hono,
    ready,
    reload({ services }) {
      const policies = new Map(services.map(({ resource, policy }) => [resource, policy]));
      const untouched: string[] = [];
      for (const { resource, changePolicy } of endpoints) {
        const policy = policies.get(resource);
        if (policy === undefined) untouched.push(resource);
        else changePolicy(policy);
        policies.delete(resource);
      }
      return [...policies.keys(), ...untouched];
    },
    drain() {
      for (const endpoint of endpoints) endpoint.drain();
    },
    async close() {
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
      await store.close();
    },
  };
}
