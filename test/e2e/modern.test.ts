import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type SampleServer, startSampleServer } from '../../src/cli/demo/sample-server.ts';
import { challenge, expectNoToken, rpcError } from '../support/expectations.ts';
import { firstScope, fullScope, type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import {
  callTool,
  type SdkClient,
  type SdkClientOptions,
  toolNames,
} from '../support/sdk-client.ts';
import { sdkV1 } from '../support/sdk-v1.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { type TracedFetch, traceFetch } from '../support/traced-fetch.ts';
import { relayTo, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

const revision = '2026-07-28';
const needs = 'The access token lacks a permission that this operation needs.';
const noteTools = ['notes_add', 'notes_export', 'notes_get', 'notes_list', 'notes_purge'];

let sample: SampleServer;
let upstream: Upstream;
let rig: GatewayRig;
let trace: TracedFetch;
const open: SdkClient[] = [];

beforeAll(async () => {
  sample = await startSampleServer({ stepMilliseconds: 150 });
  upstream = await startUpstream(relayTo(sample.url));
  rig = await startGatewayRig({ upstream: upstream.url });
});
afterEach(async () => {
  sample.restoreNotes();
  for (const client of open.splice(0)) await client.close();
});
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
  await sample?.close();
});

function steps(): readonly string[] {
  const names = { [new URL(rig.resource).origin]: '', [rig.idp.issuer]: 'idp' };
  return trace.steps(names).filter((step) => !step.startsWith('GET /mcp'));
}

const clients = [
  [
    'a client pinned to 2026-07-28',
    (options: SdkClientOptions) => sdkV2({ ...options, pin: revision }),
  ],
  ['a legacy client of SDK v2', sdkV2],
  ['a legacy client of SDK v1', sdkV1],
] as const;

describe.each(clients)('%s, through oidc-provider to a server of 2026-07-28', (name, create) => {
  const pinned = name.includes('pinned');
  const handshake = pinned ? 'server/discover' : 'initialize';

  function client(options: Partial<SdkClientOptions> = {}): SdkClient {
    trace = traceFetch();
    const made = create({ url: rig.resource, fetch: trace.fetch, ...options });
    open.push(made);
    return made;
  }

  it('logs in, lists, calls, steps up and calls again', async () => {
    const mcp = client();
    await mcp.connect();
    expect(steps()).toEqual([
      `POST /mcp ${handshake} 401`,
      'GET /.well-known/oauth-protected-resource/mcp 200',
      'GET idp/.well-known/oauth-authorization-server 200',
      'POST idp/reg 201',
      'POST idp/token 200',
      `POST /mcp ${handshake} 200`,
      ...(pinned ? [] : ['POST /mcp notifications/initialized 202']),
    ]);
    expect([...(await toolNames(mcp))].sort()).toEqual(['notes_get', 'notes_list']);
    await callTool(mcp, 'notes_list');
    expect(mcp.tokens()?.scope).toBe(firstScope);
    steps();

    const before = upstream.arrivals.length;
    const { content } = await callTool(mcp, 'notes_add', { text: 'Ring the bell' });
    expect(content).toEqual([{ type: 'text', text: 'added #4' }]);
    expect(steps()).toEqual([
      'POST /mcp tools/call 403',
      'POST idp/token 200',
      'POST /mcp tools/call 200',
    ]);
    const { headers, body } = trace.refusal();
    expect(headers.get('www-authenticate')).toBe(
      challenge(rig.resource, {
        error: 'insufficient_scope',
        scope: fullScope,
        description: needs,
      }),
    );
    const { id } = JSON.parse(body) as { id: number };
    expect(body).toBe(rpcError(id, 403, `${needs} Needed: ${fullScope}.`));
    const calls = upstream.arrivals.slice(before).filter(({ body }) => body.includes('notes_add'));
    expect(calls).toHaveLength(1);
    expect(mcp.tokens()?.scope).toBe(fullScope);
    expect([...(await toolNames(mcp))].sort()).toEqual(noteTools);
    expectNoToken(rig.log(), mcp.tokens()?.access_token ?? '');
  });

  it('gets what it would get without the gateway', async () => {
    const direct = create({ url: sample.url, fetch, authorization: '' });
    open.push(direct);
    const guarded = client({ authorization: `Bearer ${await rig.mint()}` });
    await Promise.all([direct.connect(), guarded.connect()]);
    const wanted: readonly (readonly [string, Record<string, unknown>])[] = [
      ['tools/list', {}],
      ['tools/call', { name: 'notes_get', arguments: { id: 2 } }],
      ['tools/call', { name: 'notes_get', arguments: { id: 'two' } }],
      ['tools/call', { name: 'no_such_tool', arguments: {} }],
      ['resources/list', {}],
      ['resources/read', { uri: 'notes://all' }],
      ['prompts/get', { name: 'summarise' }],
    ];
    for (const [method, params] of wanted) {
      const [expected, got] = await Promise.all(
        [direct, guarded].map((mcp) =>
          mcp.request(method, params).catch(({ code, message }) => ({ code, message })),
        ),
      );
      expect(JSON.stringify(got), method).toBe(JSON.stringify(expected));
    }
  });

  it('hears of progress while the tool still runs', async () => {
    const mcp = client({ authorization: `Bearer ${await rig.mint()}` });
    await mcp.connect();
    const heard: [number, string][] = [];
    await callTool(
      mcp,
      'notes_export',
      {},
      { onprogress: ({ progress }) => heard.push([progress, upstream.last().outcome]) },
    );
    expect(heard.map(([progress]) => progress)).toEqual([1, 2, 3, 4]);
    expect(heard[0]).toEqual([1, 'open']);
  });
});

async function post(message: Record<string, unknown>, headers: Record<string, string> = {}) {
  const response = await fetch(rig.resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await rig.mint()}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

const meta = {
  'io.modelcontextprotocol/protocolVersion': revision,
  'io.modelcontextprotocol/clientInfo': { name: 'bare', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

describe('a method that MCP does not have', () => {
  const unknown = { method: 'tools/destroy', params: { _meta: meta } };
  const modern = { 'mcp-protocol-version': revision, 'mcp-method': unknown.method };

  it.each([
    ['404 in 2026-07-28', { id: 'x-1', ...unknown }, modern, 404],
    ['200 in earlier revisions', { id: 'x-1', method: unknown.method }, {}, 200],
  ])('is answered %s, and reaches no server', async (_title, message, headers, status) => {
    const before = upstream.arrivals.length;
    const answer = await post(message, headers);
    expect(answer.status).toBe(status);
    expect(answer.body).toBe(rpcError('x-1', -32601, 'Method not found.'));
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(upstream.arrivals).toHaveLength(before);
  });

  it.each([
    ['2026-07-28', unknown, modern],
    ['an earlier revision', { method: unknown.method }, {}],
  ])('is accepted as a notification of %s, and dropped', async (_title, message, headers) => {
    const before = upstream.arrivals.length;
    const answer = await post(message, headers);
    expect([answer.status, answer.body]).toEqual([202, '']);
    expect(upstream.arrivals).toHaveLength(before);
  });
});

describe('a client of 2026-07-28 that cancels a call', () => {
  it('cancels it at the server, which has no other way to hear of it', async () => {
    const mcp = sdkV2({
      url: rig.resource,
      fetch,
      authorization: `Bearer ${await rig.mint()}`,
      pin: revision,
    });
    open.push(mcp);
    await mcp.connect();
    const abort = new AbortController();
    const call = callTool(
      mcp,
      'notes_export',
      {},
      { signal: abort.signal, onprogress: () => abort.abort() },
    );
    await expect(call).rejects.toThrow();
    expect(upstream.last().body).toContain('notes_export');
    await vi.waitFor(() => expect(upstream.last().outcome).toBe('cut'), waiting);
  });
});
