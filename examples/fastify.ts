import Fastify from 'fastify';
import { createResourceServer } from 'mcp-doorman';
import { doorman } from 'mcp-doorman/node';
import { notes } from './notes-v1.ts';
import { policy } from './policy.ts';

const { ISSUER = 'https://idp.example.com', RESOURCE = 'http://localhost:3000/mcp' } = process.env;

const resourceServer = createResourceServer({ resource: RESOURCE, issuers: [ISSUER], policy });
const guarded = doorman(resourceServer, notes);
const app = Fastify();
app.addHook('onRequest', (request, reply, next) => guarded(request.raw, reply.raw, next));

await app.listen({ host: '127.0.0.1', port: Number(new URL(RESOURCE).port) });
export const server = app.server;
