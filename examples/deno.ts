// deno run --allow-net --allow-env examples/deno.ts
import { createResourceServer } from 'mcp-doorman';
import { doorman } from 'mcp-doorman/fetch';
import { notes } from './notes-v2.ts';
import { policy } from './policy.ts';

const resource = Deno.env.get('RESOURCE') ?? 'http://localhost:3000/mcp';
const issuers = [Deno.env.get('ISSUER') ?? 'https://idp.example.com'];

const resourceServer = createResourceServer({ resource, issuers, policy });
const handler = doorman(resourceServer, (request, { authInfo }) =>
  notes.fetch(request, { authInfo }),
);

Deno.serve({ hostname: '127.0.0.1', port: Number(new URL(resource).port) }, handler);
