import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';

/** The MCP server of the examples on web standards: SDK v2, for clients of any revision. */
export const notes = createMcpHandler(() => {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool('whoami', { description: 'Says who calls' }, ({ http }) => ({
    content: [{ type: 'text', text: `You are ${http?.authInfo?.extra?.subject}` }],
  }));
  server.registerTool('purge', { description: 'Deletes every note' }, () => ({
    content: [{ type: 'text', text: 'Gone' }],
  }));
  return server;
});
