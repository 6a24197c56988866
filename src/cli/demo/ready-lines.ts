export interface ReadyLine {
  readonly title: string;
  /** Ready for a POSIX shell. */
  readonly command: string;
}

const listTools = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';

function curl(resource: string): string {
  const headers = [
    "-H 'Content-Type: application/json'",
    "-H 'Accept: application/json, text/event-stream'",
  ];
  return `curl -i ${resource} ${headers.join(' ')} -d '${listTools}'`;
}

/**
 * How to point everyday MCP clients at a protected server; each then opens the browser to log in.
 *
 * @param resource public URL of the MCP endpoint.
 * @param dpop whether it takes DPoP-bound tokens only, which everyday clients cannot ask for yet.
 */
export function readyLines(resource: string, dpop: boolean): readonly ReadyLine[] {
  const challenge = { title: 'curl, to see the challenge', command: curl(resource) };
  if (dpop) return [challenge];
  const editorEntry = JSON.stringify({ name: 'demo-notes', type: 'http', url: resource });
  return [
    {
      title: 'MCP Inspector (Node.js 22.19 or newer)',
      command: `npx @modelcontextprotocol/inspector@2 --transport http --server-url ${resource}`,
    },
    {
      title: 'Claude Code (then type /mcp in it and choose "Authenticate")',
      command: `claude mcp add --transport http demo-notes ${resource}`,
    },
    { title: 'VS Code', command: `code --add-mcp '${editorEntry}'` },
    challenge,
  ];
}
