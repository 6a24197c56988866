import { readdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { describe, expect, it, vi } from 'vitest';
import { closeServer } from '../../src/cli/demo/listen.ts';
import { waiting } from '../support/waiting.ts';
import { describeExamples, type Environment, type Example, type Running } from './suite.ts';

interface Listening {
  readonly server: Server;
}

const folder = new URL('../../examples/', import.meta.url);
const load = <Module>(name: string): Promise<Module> => import(new URL(name, folder).href);

/** A program that reads its environment and opens its port when it is loaded. */
function program(name: string, more: Partial<Example> = {}): Example {
  return {
    name,
    ...more,
    async start(env) {
      vi.stubEnv('ISSUER', env.ISSUER);
      vi.stubEnv('RESOURCE', env.RESOURCE);
      const { server } = await load<Listening>(name);
      await vi.waitFor(() => expect(server.listening).toBe(true), waiting);
      return { send: (request) => fetch(request), close: () => closeServer(server) };
    },
  };
}

/** A handler that some runtime calls. */
const handled = (handler: (request: Request) => Promise<Response>): Running => ({
  send: handler,
  close: async () => {},
});

type Handler = (request: Request) => Promise<Response>;

const examples: readonly Example[] = [
  ...['express.ts', 'fastify.ts', 'hono.ts', 'node-http.ts', 'sdk-v1.ts', 'without-sdk.ts'].map(
    (name) => program(name),
  ),
  // The SDK challenges by itself there, and the guard is told of no scope to filter by.
  program('sdk-v2.ts', { filters: false }),
  {
    name: 'next-route.ts',
    async start({ ISSUER, RESOURCE }) {
      vi.stubEnv('ISSUER', ISSUER);
      vi.stubEnv('RESOURCE', RESOURCE);
      const methods = await load<Readonly<Record<string, Handler>>>('next-route.ts');
      return handled(async (request) => {
        const handler = methods[request.method];
        return handler ? handler(request) : new Response(null, { status: 405 });
      });
    },
  },
  {
    name: 'cloudflare-worker.ts',
    async start(env) {
      type Worker = { default: { fetch(request: Request, env: Environment): Promise<Response> } };
      const { default: worker } = await load<Worker>('cloudflare-worker.ts');
      return handled((request) => worker.fetch(request, env));
    },
  },
  {
    name: 'deno.ts',
    async start(env) {
      let server: Server | undefined;
      // Stands in for the runtime; `npm run test:runtimes` has the real one.
      vi.stubGlobal('Deno', {
        env: { get: (name: keyof Environment) => env[name] },
        serve: ({ port, hostname }: { port: number; hostname: string }, fetch: Handler) => {
          server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
          server.listen(port, hostname);
        },
      });
      await load('deno.ts');
      return {
        send: (request) => fetch(request),
        close: async () => (server ? closeServer(server) : undefined),
      };
    },
  },
];

describeExamples(examples);

describe('the folder of examples', () => {
  it('holds those, and what they share', () => {
    const shared = ['notes-v1.ts', 'notes-v2.ts', 'policy.ts'];
    expect(readdirSync(folder).sort()).toEqual(
      [...examples.map(({ name }) => name), ...shared].sort(),
    );
  });
});
