import { serve } from '@hono/node-server';
import { createMcpHandler, McpServer, requireScopes } from '@modelcontextprotocol/server';
import { createResourceServer } from 'mcp-doorman';
import { doorman } from 'mcp-doorman/fetch';

const { ISSUER = 'https://idp.example.com', RESOURCE = 'http://localhost:3000/mcp' } = process.env;

/** Each tool says itself what its callers need, and the SDK challenges; the guard says who they are. */
const notes = createMcpHandler(() => {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  const whoami = { description: 'Says who calls', scopeChallenge: requireScopes('notes:read') };
  server.registerTool('whoami', whoami, ({ http }) => ({
    content: [{ type: 'text', text: `You are ${http?.authInfo?.extra?.subject}` }],
  }));
  const purge = { description: 'Deletes every note', scopeChallenge: requireScopes('notes:admin') };
  server.registerTool('purge', purge, () => ({ content: [{ type: 'text', text: 'Gone' }] }));
  return server;
});

const resourceServer = createResourceServer({
  resource: RESOURCE,
  issuers: [ISSUER],
  policy: { required: ['notes:read'], scopes: { 'notes:admin': { stepUp: true } } },
});
const handler = doorman(resourceServer, (request, { authInfo }) =>
  notes.fetch(request, { authInfo }),
);

const port = Number(new URL(RESOURCE).port);
export const server = serve({ fetch: handler, hostname: '127.0.0.1', port });
