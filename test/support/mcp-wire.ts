/** A JSON-RPC answer or notification as it came over the wire. */
export interface WireMessage {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
}

type Fields = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;

const revision = '2026-07-28';
const accept = 'application/json, text/event-stream';

export function post(url: string, message: unknown, headers: Headers = {}, signal?: AbortSignal) {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: typeof message === 'string' ? message : JSON.stringify(message),
    ...(signal && { signal }),
  });
}

/** The messages in a body, JSON or event stream. */
export function messagesOf(text: string): readonly WireMessage[] {
  if (text.startsWith('{')) return [JSON.parse(text)];
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: ') && line !== 'data: ')
    .map((line) => JSON.parse(line.slice('data: '.length)));
}

/** The answer in a body: its last message. */
export async function answerOf(response: Response): Promise<WireMessage> {
  const text = await response.text();
  const answer = messagesOf(text).at(-1);
  if (!answer) throw new Error(`no answer in "${text}"`);
  return answer;
}

/** The structured content of a tool's result. */
export function contentOf({ result }: WireMessage): Record<string, unknown> {
  const { structuredContent } = result ?? {};
  if (structuredContent === undefined) throw new Error(`no content in ${JSON.stringify(result)}`);
  return structuredContent as Record<string, unknown>;
}

export interface WireSession {
  readonly headers: Headers;
  /** Posts a request under an id of its own. */
  send(method: string, params?: Fields, signal?: AbortSignal): Promise<Response>;
  call(tool: string, args?: Fields): Promise<WireMessage>;
}

export function initialize(url: string, headers: Headers = {}): Promise<Response> {
  const clientInfo = { name: 'wire', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  return post(url, { jsonrpc: '2.0', id: 'first', method: 'initialize', params }, headers);
}

/** Begins a session of MCP 2025-11-25. */
export async function openSession(url: string, headers: Headers = {}): Promise<WireSession> {
  const begun = await initialize(url, headers);
  const id = begun.headers.get('mcp-session-id');
  const text = await begun.text();
  if (id === null) throw new Error(`no session: ${begun.status} ${text}`);
  const own = { ...headers, 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' };
  await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, own);
  let last = 0;
  const send: WireSession['send'] = (method, params = {}, signal) => {
    last += 1;
    return post(url, { jsonrpc: '2.0', id: last, method, params }, own, signal);
  };
  return {
    headers: own,
    send,
    call: async (name, args = {}) => answerOf(await send('tools/call', { name, arguments: args })),
  };
}

/** Posts one request of MCP 2026-07-28, which knows no sessions. */
export function sendModern(
  url: string,
  method: string,
  params: Fields = {},
  {
    headers = {},
    id = 1,
    signal,
  }: { headers?: Headers; id?: number | string; signal?: AbortSignal } = {},
): Promise<Response> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientInfo': { name: 'wire', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
    ...(params._meta as Fields | undefined),
  };
  const { name, uri } = params;
  const named = name ?? uri;
  const standard = {
    'mcp-protocol-version': revision,
    'mcp-method': method,
    ...(named !== undefined && { 'mcp-name': `${named}` }),
  };
  const message = { jsonrpc: '2.0', id, method, params: { ...params, _meta } };
  return post(url, message, { ...standard, ...headers }, signal);
}
