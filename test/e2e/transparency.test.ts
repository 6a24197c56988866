import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { outcome, settled, everythingTools as tools } from '../support/parity.ts';
import { callTool, type SdkClient, toolNames } from '../support/sdk-client.ts';
import { sdkV1 } from '../support/sdk-v1.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { traceFetch } from '../support/traced-fetch.ts';
import { relayTo, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

let everything: EverythingServer;
let upstream: Upstream;
let rig: GatewayRig;
let authorization: string;

beforeAll(async () => {
  everything = await startEverything();
  upstream = await startUpstream(relayTo(everything.url));
  rig = await startGatewayRig({ upstream: upstream.url });
  authorization = `Bearer ${await rig.mint()}`;
});
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
  await everything?.close();
});

const requests: readonly (readonly [string, Record<string, unknown>])[] = [
  ['tools/list', {}],
  ['resources/list', {}],
  ['resources/templates/list', {}],
  ['resources/read', { uri: 'demo://resource/dynamic/text/1' }],
  ['resources/read', { uri: 'demo://resource/dynamic/blob/2' }],
  ['resources/read', { uri: 'demo://resource/static/document/features.md' }],
  ['resources/read', { uri: 'demo://no/such/resource' }],
  ['resources/subscribe', { uri: 'demo://resource/dynamic/text/1' }],
  ['resources/unsubscribe', { uri: 'demo://resource/dynamic/text/1' }],
  ['prompts/list', {}],
  ['prompts/get', { name: 'simple-prompt' }],
  ['prompts/get', { name: 'args-prompt', arguments: { city: 'Köln', state: 'NRW' } }],
  ['prompts/get', { name: 'no-such-prompt' }],
  [
    'completion/complete',
    {
      ref: { type: 'ref/prompt', name: 'completable-prompt' },
      argument: { name: 'name', value: 'A' },
      context: { arguments: { department: 'Engineering' } },
    },
  ],
  [
    'completion/complete',
    {
      ref: { type: 'ref/resource', uri: 'demo://resource/dynamic/text/{resourceId}' },
      argument: { name: 'resourceId', value: '1' },
    },
  ],
  ['logging/setLevel', { level: 'debug' }],
  ['ping', {}],
  ['tools/call', { name: 'get-sum', arguments: { a: 'not a number' } }],
  ['tools/call', { name: 'no-such-tool' }],
];

const sdks = [
  ['SDK v1', sdkV1],
  ['SDK v2', sdkV2],
] as const;

describe.each(sdks)('server-everything through the gateway, seen by %s', (_name, create) => {
  let direct: SdkClient;
  let guarded: SdkClient;

  beforeAll(async () => {
    direct = create({ url: everything.url, fetch, authorization: '' });
    guarded = create({ url: rig.resource, fetch, authorization });
    await Promise.all([direct.connect(), guarded.connect()]);
  });
  afterAll(async () => {
    await direct?.close();
    await guarded?.close();
  });

  /**
   * A session of its own, its GET stream open: one second after a JSON-RPC error SDK v1 resumes the
   * stream of that request, and server-everything then replays the events of all its streams.
   */
  async function freshSession(): Promise<SdkClient> {
    const trace = traceFetch();
    const client = create({ url: rig.resource, fetch: trace.fetch, authorization });
    await client.connect();
    const streaming = expect.objectContaining({ method: 'GET', status: 200 });
    await vi.waitFor(() => expect(trace.exchanges).toContainEqual(streaming), waiting);
    return client;
  }

  it('has all 13 tools, and every one of them is compared here', async () => {
    const names = await toolNames(guarded);
    expect(names).toHaveLength(13);
    expect([...names].sort()).toEqual(Object.keys(tools).sort());
  });

  it.each(requests)('gives the same answer to %s %j', async (method, params) => {
    const answers = await Promise.all(
      [direct, guarded].map((client) => outcome(client.request(method, params))),
    );
    expect(answers[1]).toBe(answers[0]);
  });

  // After the requests, since one of the tools adds a resource.
  it.each(Object.entries(tools))('gives the same answer to the tool %s', async (name, args) => {
    const answers = await Promise.all(
      [direct, guarded].map((client) => outcome(callTool(client, name, args))),
    );
    expect(answers[1]).toBe(answers[0]);
    expect(answers[1]).toContain('"content"');
  });

  it('reports progress while the tool still runs', async () => {
    const client = await freshSession();
    const heard: [number, string | undefined][] = [];
    const running = () => upstream.arrivals.findLast(({ body }) => body.includes('trigger-long'));
    await callTool(
      client,
      'trigger-long-running-operation',
      { duration: 0.6, steps: 3 },
      { onprogress: ({ progress }) => heard.push([progress, running()?.outcome]) },
    );
    await client.close();
    expect(heard.map(([progress]) => progress)).toEqual([1, 2, 3]);
    // Answers that are held back until the end arrive when the upstream has already finished.
    expect(heard[0]).toEqual([1, 'open']);
  });

  it('delivers what the server says on the stream of a GET', async () => {
    const client = await freshSession();
    await callTool(client, 'toggle-simulated-logging');
    await vi.waitFor(
      () =>
        expect(client.notifications.map(({ method }) => method)).toContain('notifications/message'),
      waiting,
    );
    await client.close();
  });

  it('ends a session with DELETE, for the server too', async () => {
    const client = create({ url: rig.resource, fetch, authorization });
    await client.connect();
    const session = client.sessionId() ?? '';
    await client.terminateSession();
    const { method, headers } =
      upstream.arrivals.findLast(({ method }) => method === 'DELETE') ?? {};
    expect([method, headers?.['mcp-session-id']]).toEqual(['DELETE', session]);
    await client.close();
    expect(await ping(everything.url, session)).toMatchObject({ status: 400 });
    // What MCP asks for; the gateway does not ask a server about a session that nobody has.
    expect(await ping(rig.resource, session)).toMatchObject({ status: 404 });
  });
});

it('a task of server-everything gives the same result through the gateway', async () => {
  const clients = [
    sdkV1({ url: everything.url, fetch, authorization: '' }),
    sdkV1({ url: rig.resource, fetch, authorization }),
  ];
  await Promise.all(clients.map((client) => client.connect()));
  const run = async (client: SdkClient) => {
    const { task } = (await client.request('tools/call', {
      name: 'simulate-research-query',
      arguments: tools['simulate-research-query'],
      task: { ttl: 60_000 },
    })) as { task: { taskId: string } };
    const { taskId } = task;
    const state = await client.request('tasks/get', { taskId });
    return [task, state, await client.request('tasks/result', { taskId })];
  };
  const answers = await Promise.all(clients.map((client) => outcome(run(client))));
  expect(answers[1]).toBe(answers[0]);
  expect(answers[1]).toContain('Research Report');
  for (const client of clients) await client.close();
});

interface PlainAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

async function plain(url: string, init: RequestInit): Promise<PlainAnswer> {
  const headers = { ...init.headers, ...(url === rig.resource && { authorization }) };
  const response = await fetch(url, { ...init, headers });
  const { status } = response;
  return { status, type: response.headers.get('content-type'), text: await response.text() };
}

const json = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

function ping(url: string, session: string): Promise<PlainAnswer> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 'ping-1', method: 'ping' });
  return plain(url, { method: 'POST', headers: { ...json, 'mcp-session-id': session }, body });
}

describe('server-everything through the gateway, seen over bare HTTP', () => {
  const initialize = JSON.stringify({
    jsonrpc: '2.0',
    id: 'first',
    method: 'initialize',
    params: {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'bare', version: '1' },
    },
  });

  it.each<[string, RequestInit, number]>([
    ['initialize', { method: 'POST', headers: json, body: initialize }, 200],
    [
      'a POST that accepts no event stream',
      { method: 'POST', headers: { ...json, accept: 'application/json' }, body: initialize },
      406,
    ],
    ['a GET without a session', { method: 'GET', headers: { accept: 'text/event-stream' } }, 400],
  ])('passes on status, type and text of the answer to %s', async (_title, init, status) => {
    const answers = await Promise.all(
      [everything.url, rig.resource].map((url) => plain(url, init)),
    );
    expect(settled(answers[1])).toBe(settled(answers[0]));
    expect(answers[1]?.status).toBe(status);
  });
});
