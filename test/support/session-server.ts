import { emptyResult, startUpstream, type Upstream } from './upstream.ts';

export interface SessionServer extends Upstream {
  /** Ids given out so far, oldest first. */
  readonly sessions: readonly string[];
  /** Lets it forget all its sessions, as a restart does. */
  forget(): void;
}

/**
 * The least of an MCP server with sessions: it knows no tokens, and serves whoever names a session.
 * Results say in which session they came about, and repeat the arguments; they come as an event
 * stream where one of those says so.
 */
export async function startSessionServer(): Promise<SessionServer> {
  const sessions: string[] = [];
  const live = new Set<string>();
  const upstream = await startUpstream((incoming, outgoing, arrival) => {
    const { method, headers, body } = arrival;
    const message = body === '' ? {} : JSON.parse(body);
    if (message.method === 'initialize') {
      const id = crypto.randomUUID();
      sessions.push(id);
      live.add(id);
      outgoing.setHeader('mcp-session-id', id);
      return emptyResult(incoming, outgoing, arrival);
    }
    const session = `${headers['mcp-session-id']}`;
    const json = { 'content-type': 'application/json', 'mcp-session-id': session };
    if (!live.has(session)) {
      const error = { code: -32001, message: 'No such session here' };
      outgoing.writeHead(404, { 'content-type': 'application/json' });
      return void outgoing.end(JSON.stringify({ jsonrpc: '2.0', id: message.id ?? null, error }));
    }
    if (method === 'DELETE') {
      live.delete(session);
      return void outgoing.writeHead(200).end();
    }
    if (method === 'GET') {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': session });
      return void outgoing.write(': open\n\n');
    }
    if (message.id === undefined || message.method === undefined) {
      return void outgoing.writeHead(202, { 'mcp-session-id': session }).end();
    }
    const result = { session, arguments: message.params?.arguments ?? null };
    const text = JSON.stringify({ jsonrpc: '2.0', id: message.id, result });
    if (message.params?.arguments?.stream !== true) {
      outgoing.writeHead(200, json);
      return void outgoing.end(text);
    }
    outgoing.writeHead(200, { ...json, 'content-type': 'text/event-stream' });
    outgoing.end(`event: message\ndata: ${text}\n\n`);
  });
  return { ...upstream, sessions, forget: () => live.clear() };
}
