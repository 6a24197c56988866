import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectNoToken, rpcError } from '../support/expectations.ts';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { type Answer, startUpstream, type Upstream } from '../support/upstream.ts';

const unknown = 'Failed to retrieve task: Task not found.';
const extension = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

/** How each revision asks for a task, names it, and is told of it. */
const revisions = {
  '2025-11-25': {
    ask: { task: { ttl: 60_000 } },
    meta: {},
    headers: (_method: string, _name: string) => ({}),
    created: (taskId: string) => ({ task: { taskId, status: 'working', ttl: null } }),
    methods: ['tasks/get', 'tasks/result', 'tasks/cancel'],
  },
  '2026-07-28': {
    ask: {},
    meta: {
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'bare', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': extension,
      },
    },
    headers: (method: string, name: string) => ({ 'mcp-method': method, 'mcp-name': name }),
    created: (taskId: string) => ({ resultType: 'task', taskId, status: 'working', ttlMs: null }),
    methods: ['tasks/get', 'tasks/update', 'tasks/cancel'],
  },
} as const;
type Revision = keyof typeof revisions;

let upstream: Upstream;
let rig: GatewayRig;
let alice: string;
let bob: string;

/** Makes a new task of each call, and knows all of them whoever asks. */
const tasks: string[] = [];
const server =
  (eventStream: boolean): Answer =>
  (incoming, outgoing, { body }) => {
    const { id, method, params } = JSON.parse(body);
    const revision = `${incoming.headers['mcp-protocol-version']}` as Revision;
    const answers: Record<string, () => object> = {
      'tools/call': () => {
        tasks.push(crypto.randomUUID());
        return revisions[revision].created(`${tasks.at(-1)}`);
      },
      'tasks/list': () => ({ tasks: tasks.map((taskId) => ({ taskId, status: 'working' })) }),
    };
    const result = answers[method]?.() ?? { taskId: params.taskId, status: 'working' };
    const text = JSON.stringify({ jsonrpc: '2.0', id, result });
    if (!eventStream) {
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      return void outgoing.end(text);
    }
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
    outgoing.end(`: open\n\nevent: message\nid: e-1\ndata: ${text}\n\n`);
  };

beforeAll(async () => {
  upstream = await startUpstream(server(false));
  rig = await startGatewayRig({ upstream: upstream.url });
  [alice, bob] = await Promise.all([rig.mint(), rig.mint({ sub: 'bob' })]);
});
beforeEach(() => upstream.answerWith(server(false)));
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
});

async function send(token: string, revision: Revision, method: string, params: object) {
  const { meta, headers } = revisions[revision];
  const name = 'taskId' in params ? params.taskId : 'name' in params ? params.name : '';
  const response = await fetch(rig.resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'mcp-protocol-version': revision,
      ...headers(method, `${name}`),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'ask', method, params: { ...params, ...meta } }),
  });
  return { status: response.status, text: await response.text() };
}

async function makeTask(token: string, revision: Revision): Promise<string> {
  const { ask } = revisions[revision];
  const { text } = await send(token, revision, 'tools/call', { name: 'echo', ...ask });
  const task = `${tasks.at(-1)}`;
  expect(text).toContain(task);
  return task;
}

describe.each(Object.keys(revisions) as Revision[])('a task of %s', (revision) => {
  describe.each([
    ['as JSON', false],
    ['in an event stream', true],
  ])('that was handed over %s', (_how, eventStream) => {
    it.each(revisions[revision].methods)('exists for its owner alone, by %s', async (method) => {
      upstream.answerWith(server(eventStream));
      const taskId = await makeTask(alice, revision);
      upstream.answerWith(server(false));
      const before = upstream.arrivals.length;
      expect(await send(bob, revision, method, { taskId })).toEqual({
        status: 200,
        text: rpcError('ask', -32602, unknown),
      });
      expect(upstream.arrivals).toHaveLength(before);
      const own = await send(alice, revision, method, { taskId });
      expect(own.text).toContain(`"taskId":"${taskId}"`);
      expectNoToken(rig.log(), bob);
    });
  });

  it('that nobody has made does not exist, by the same words', async () => {
    const before = upstream.arrivals.length;
    const answer = await send(alice, revision, 'tasks/get', { taskId: 'made-up' });
    expect(answer).toEqual({ status: 200, text: rpcError('ask', -32602, unknown) });
    expect(upstream.arrivals).toHaveLength(before);
  });
});

it('tasks/list shows one’s own', async () => {
  const own = [await makeTask(alice, '2025-11-25'), await makeTask(alice, '2025-11-25')];
  const foreign = await makeTask(bob, '2025-11-25');
  const { text } = await send(alice, '2025-11-25', 'tasks/list', {});
  for (const task of own) expect(text).toContain(task);
  expect(text).not.toContain(foreign);
});

it('a subscription to another’s task is none, and a notification about one goes nowhere', async () => {
  const taskId = await makeTask(alice, '2026-07-28');
  const before = upstream.arrivals.length;
  const subscription = { notifications: { taskIds: [taskId] } };
  const answer = await send(bob, '2026-07-28', 'subscriptions/listen', subscription);
  expect(answer.text).toContain(unknown);
  const response = await fetch(rig.resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bob}`,
      'content-type': 'application/json',
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({ jsonrpc: '2.0', method: 'tasks/cancel', params: { taskId } }),
  });
  expect([response.status, await response.text()]).toEqual([202, '']);
  expect(upstream.arrivals).toHaveLength(before);
});
