import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { collectToolScopes, createResourceServer, withScopes } from 'mcp-doorman';
import { doorman } from 'mcp-doorman/node';

const { ISSUER = 'https://idp.example.com', RESOURCE = 'http://localhost:3000/mcp' } = process.env;

/** Each tool says itself what its callers need. */
function registerTools(server: McpServer): void {
  const whoami = withScopes(['notes:read'], { description: 'Says who calls' });
  server.registerTool('whoami', whoami, ({ authInfo }) => ({
    content: [{ type: 'text', text: `You are ${authInfo?.extra?.subject}` }],
  }));
  const purge = withScopes(['notes:admin'], { description: 'Deletes every note' });
  server.registerTool('purge', purge, () => ({ content: [{ type: 'text', text: 'Gone' }] }));
}

const resourceServer = createResourceServer({
  resource: RESOURCE,
  issuers: [ISSUER],
  toolScopes: collectToolScopes(registerTools),
  policy: { scopes: { 'notes:admin': { stepUp: true } } },
});

export const server = createServer(
  doorman(resourceServer, async (req, res) => {
    const mcp = new McpServer({ name: 'notes', version: '1.0.0' });
    registerTools(mcp);
    const transport = new StreamableHTTPServerTransport({});
    await mcp.connect(transport as Parameters<McpServer['connect']>[0]);
    await transport.handleRequest(req, res, req.body);
  }),
);

server.listen(Number(new URL(RESOURCE).port), '127.0.0.1');
