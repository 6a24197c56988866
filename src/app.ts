import type { IncomingMessage } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import type { Config, Service } from './config/config.ts';
import { DoormanError } from './core/errors.ts';
import type { Ports, Store } from './core/ports.ts';
import { type AppEnv, createEndpoint, type Endpoint } from './endpoint.ts';
import { keySetPath, respondWithKeys } from './http/key-set.ts';

export interface App {
  /** For `@hono/node-server`; answers of the upstream are written to the Node response directly. */
  readonly hono: Hono<AppEnv>;
  /** Whether every service can verify tokens; tries to load what is needed for it. */
  ready(): Promise<boolean>;
  /**
   * Puts other policies into force, by resource; open event streams that they do not permit end.
   *
   * @returns resources that are not served, whose policies were left out.
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
  const [firstService, ...others] = config.services;
  const first = create(firstService);
  const endpoints = [first, ...others.map(create)];

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
  // What is refused here carries no challenge, so that it is the same in the name of any endpoint.
  hono.notFound((c) => first.refuse(c, new DoormanError('not_found')));
  hono.onError((error, c) => first.refuse(c, error));

  return {
    hono,
    ready,
    reload({ services }) {
      const unserved: string[] = [];
      for (const { resource, policy } of services) {
        const endpoint = endpoints.find((served) => served.resource === resource);
        if (endpoint === undefined) unserved.push(resource);
        else endpoint.changePolicy(policy);
      }
      return unserved;
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
