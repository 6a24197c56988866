import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compilePolicy } from '../../src/policy/policy.ts';
import { expectNoToken, rpcError } from '../support/expectations.ts';
import { firstScope, type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { type Arrival, startUpstream, type Upstream } from '../support/upstream.ts';

const policy = compilePolicy({
  required: ['mcp:access'],
  tools: [
    { match: 'get-secret', scopes: ['mcp:admin'] },
    { annotations: { readOnlyHint: true }, scopes: ['mcp:tools:read'] },
    { match: '*', scopes: ['mcp:admin'] },
  ],
});

let upstream: Upstream;
let rig: GatewayRig;
let token: string;
/** What the server answers to its list, page by page. */
let pages: readonly (readonly object[])[];
let sessions = 0;

const look = { name: 'look', annotations: { readOnlyHint: true } };
const drop = { name: 'drop', annotations: { readOnlyHint: false } };
const json = { 'content-type': 'application/json' };

interface Posted {
  readonly id: unknown;
  readonly method: string;
  readonly params?: { readonly cursor?: string; readonly _meta?: object };
}

const read = ({ body }: Arrival): Posted => JSON.parse(body);

/** One page of the list, or an empty result. */
function resultOf({ method, params }: Posted): object {
  if (method !== 'tools/list') return {};
  const at = Number(params?.cursor ?? 0);
  return { tools: pages[at], ...(at + 1 < pages.length && { nextCursor: `${at + 1}` }) };
}

beforeAll(async () => {
  upstream = await startUpstream(() => {});
  rig = await startGatewayRig({
    upstream: upstream.url,
    change: (service) => ({ ...service, policy }),
  });
  token = await rig.mint({ scope: firstScope });
});
beforeEach(() => {
  pages = [[look, drop]];
  upstream.answerWith((_incoming, outgoing, arrival) => {
    const message = read(arrival);
    const opens = message.method === 'initialize' && { 'mcp-session-id': `session-${sessions++}` };
    outgoing.writeHead(200, { ...json, ...opens });
    outgoing.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: resultOf(message) }));
  });
});
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
});

type Fields = Readonly<Record<string, string>>;

async function send(method: string, params: object, headers: Fields): Promise<Response> {
  return fetch(rig.resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      ...json,
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
}

/** A caller with a session of its own, to whom nothing has been listed yet. */
async function caller(headers: Fields = {}) {
  const session = (await send('initialize', {}, {})).headers.get('mcp-session-id') ?? '';
  const before = upstream.arrivals.length;
  return {
    session,
    /** What has reached the upstream since. */
    methods: () => upstream.arrivals.slice(before).map((arrival) => read(arrival).method),
    async post(method: string, params: object = {}) {
      const response = await send(method, params, { 'mcp-session-id': session, ...headers });
      return { status: response.status, text: await response.text() };
    },
  };
}

describe('a rule by annotation', () => {
  it('permits what the server lists so, and refuses the rest', async () => {
    const { post, methods } = await caller();
    expect((await post('tools/call', { name: 'look' })).status).toBe(200);
    expect((await post('tools/call', { name: 'drop' })).status).toBe(403);
    expect((await post('tools/call', { name: 'unheard-of' })).status).toBe(403);
    // The list is asked for once, and nothing that is refused is called.
    expect(methods()).toEqual(['tools/list', 'tools/call']);
  });

  it('asks in the caller’s own session, without the token, under an id of its own', async () => {
    const { post, session } = await caller();
    const before = upstream.arrivals.length;
    await post('tools/call', { name: 'look' });
    const list = upstream.arrivals[before];
    expect(list?.headers).toMatchObject({
      'mcp-session-id': session,
      'mcp-protocol-version': '2025-11-25',
      accept: 'application/json, text/event-stream',
    });
    expect(list?.headers.authorization).toBeUndefined();
    expectNoToken(`${list?.rawHeaders} ${list?.body}`, token);
    expect(JSON.parse(list?.body ?? '').id).toMatch(/^mcp-doorman-[0-9a-f-]{36}$/);
  });

  it('asks as MCP 2026-07-28 wants to be asked', async () => {
    const { post } = await caller({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'look',
      'mcp-param-region': 'eu',
    });
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'bare', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const before = upstream.arrivals.length;
    await post('tools/call', { name: 'look', _meta: { ..._meta, progressToken: 1 } });
    const { headers, body } = upstream.arrivals[before] as Arrival;
    expect(headers['mcp-method']).toBe('tools/list');
    expect([headers['mcp-name'], headers['mcp-param-region']]).toEqual([undefined, undefined]);
    expect(JSON.parse(body)).toMatchObject({ method: 'tools/list', params: { _meta } });
    expect(body).not.toContain('progressToken');
  });

  it('reads every page', async () => {
    pages = [[drop], [], [look]];
    const { post, methods } = await caller();
    expect((await post('tools/call', { name: 'look' })).status).toBe(200);
    expect(methods()).toEqual(['tools/list', 'tools/list', 'tools/list', 'tools/call']);
  });

  it('is learnt from a list that passes, and shows in it', async () => {
    const { post, methods } = await caller();
    const { text } = await post('tools/list');
    expect(JSON.parse(text).result.tools).toEqual([look]);
    expect((await post('tools/call', { name: 'look' })).status).toBe(200);
    expect((await post('tools/call', { name: 'drop' })).status).toBe(403);
    expect(methods()).toEqual(['tools/list', 'tools/call']);
  });

  it('follows what the server changes its mind to', async () => {
    const { post, methods } = await caller();
    await post('tools/call', { name: 'look' });
    pages = [[{ ...look, annotations: { readOnlyHint: false } }]];
    upstream.answerWith((_incoming, outgoing, arrival) => {
      const message = read(arrival);
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write(
        `data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: message.id, result: resultOf(message) })}\n\n`,
      );
      // A list is read as soon as it is there, whether or not its stream ends.
      if (message.method !== 'tools/list') outgoing.end();
    });
    await post('tools/call', { name: 'look' });
    expect((await post('tools/call', { name: 'look' })).status).toBe(403);
    expect(methods()).toEqual(['tools/list', 'tools/call', 'tools/call', 'tools/list']);
  });

  it('is not asked about where the name alone decides, or all else forbids it', async () => {
    const { post, methods } = await caller();
    expect((await post('tools/call', { name: 'get-secret' })).status).toBe(403);
    const before = token;
    token = await rig.mint({ scope: 'mcp:tools:read' });
    expect((await post('tools/call', { name: 'look' })).status).toBe(403);
    token = before;
    expect(methods()).toEqual([]);
  });

  it.each([
    ['fails', 500, '{}', 502, 'The MCP server refused the request.'],
    ['refuses the session', 404, '{}', 404, 'Session not found.'],
    ['has no list', 200, '{"jsonrpc":"2.0","id":"?","error":{"code":-32601}}', 502, undefined],
    ['answers nonsense', 200, '{"tools":', 502, undefined],
    [
      'answers something else',
      200,
      '{"jsonrpc":"2.0","id":7,"result":{"tools":[]}}',
      502,
      undefined,
    ],
    [
      'lists what is no list',
      200,
      '{"jsonrpc":"2.0","id":"?","result":{"tools":{}}}',
      502,
      undefined,
    ],
  ])('refuses the call while the server %s', async (_what, status, body, expected, message) => {
    const { post, methods } = await caller();
    upstream.answerWith((_incoming, outgoing, arrival) => {
      outgoing.writeHead(status, json);
      outgoing.end(body.replace('"?"', JSON.stringify(read(arrival).id)));
    });
    const unusable = 'The MCP server cannot be reached, or its answer cannot be used.';
    const refused = await post('tools/call', { name: 'look' });
    expect(refused.status).toBe(expected);
    expect(refused.text).toBe(rpcError(1, expected, message ?? unusable));
    expect(methods()).toEqual(['tools/list']);
  });

  it('gives up on a list that never ends', async () => {
    pages = Array.from({ length: 60 }, () => [drop]);
    const { post, methods } = await caller();
    expect((await post('tools/call', { name: 'look' })).status).toBe(502);
    expect(methods()).toHaveLength(50);
  });
});
