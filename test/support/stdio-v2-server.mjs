// A server on SDK v2, which speaks MCP 2026-07-28 on stdio, and the earlier revisions too.
import { inputRequired, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

serveStdio(() => {
  const server = new McpServer({ name: 'v2', version: '1' });
  server.registerTool('grow', { inputSchema: z.object({ name: z.string() }) }, ({ name }) => {
    server.registerTool(name, {}, () => ({ content: [] }));
    return { content: [{ type: 'text', text: `grown ${name}` }] };
  });
  server.registerTool('ask', {}, () =>
    inputRequired({
      inputRequests: {
        name: inputRequired.elicit({
          message: 'Who?',
          requestedSchema: { type: 'object', properties: {} },
        }),
      },
      requestState: 'state',
    }),
  );
  return server;
});
