import { createResourceServer } from 'mcp-doorman';
import { doorman } from 'mcp-doorman/fetch';
import { notes } from './notes-v2.ts';
import { policy } from './policy.ts';

interface Env {
  readonly ISSUER: string;
  readonly RESOURCE: string;
}

function createHandler({ ISSUER, RESOURCE }: Env): (request: Request) => Promise<Response> {
  const resourceServer = createResourceServer({ resource: RESOURCE, issuers: [ISSUER], policy });
  return doorman(resourceServer, (request, { authInfo }) => notes.fetch(request, { authInfo }));
}

/** One for each isolate, so that keys and tokens are verified once. */
let handler: ReturnType<typeof createHandler> | undefined;

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    handler ??= createHandler(env);
    return handler(request);
  },
};
