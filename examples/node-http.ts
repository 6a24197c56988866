import { createServer } from 'node:http';
import { createResourceServer } from 'mcp-doorman';
import { doorman } from 'mcp-doorman/node';
import { notes } from './notes-v1.ts';
import { policy } from './policy.ts';

const { ISSUER = 'https://idp.example.com', RESOURCE = 'http://localhost:3000/mcp' } = process.env;

const resourceServer = createResourceServer({ resource: RESOURCE, issuers: [ISSUER], policy });
export const server = createServer(doorman(resourceServer, notes));

server.listen(Number(new URL(RESOURCE).port), '127.0.0.1');
