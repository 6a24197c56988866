import type { IncomingMessage, ServerResponse } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

/** The MCP server of the examples on Node: SDK v1, without sessions. */
function createServer(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool('whoami', { description: 'Says who calls' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: `You are ${authInfo?.extra?.subject}` }],
  }));
  server.registerTool('purge', { description: 'Deletes every note' }, () => ({
    content: [{ type: 'text', text: 'Gone' }],
  }));
  return server;
}

/** Answers one request. The guard has left the caller in `req.auth`, the message in `req.body`. */
export async function notes(
  req: IncomingMessage & { readonly body?: unknown },
  res: ServerResponse,
): Promise<void> {
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  await createServer().connect(transport as Parameters<McpServer['connect']>[0]);
  await transport.handleRequest(req, res, req.body);
}
