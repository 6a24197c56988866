import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createResourceServer } from 'mcp-doorman';
import { doorman } from 'mcp-doorman/hono';
import { notes } from './notes-v2.ts';
import { policy } from './policy.ts';

const { ISSUER = 'https://idp.example.com', RESOURCE = 'http://localhost:3000/mcp' } = process.env;

const resourceServer = createResourceServer({ resource: RESOURCE, issuers: [ISSUER], policy });
const app = new Hono();
app.use(doorman(resourceServer, (c) => notes.fetch(c.req.raw, { authInfo: c.var.authInfo })));

const port = Number(new URL(RESOURCE).port);
export const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port });
