import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compilePolicy } from '../../src/policy/policy.ts';
import { shiftedClock } from '../support/clock.ts';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import { challenge, rpcError } from '../support/expectations.ts';
import { firstScope, fullScope, type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { legacyServer } from '../support/legacy-server.ts';
import { everythingTools, outcome } from '../support/parity.ts';
import { callTool, toolNames } from '../support/sdk-client.ts';
import { sdkV1 } from '../support/sdk-v1.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { relayTo, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

const byAnnotation = compilePolicy({
  tools: [
    { annotations: { readOnlyHint: true }, scopes: ['mcp:tools:read'] },
    { match: '*', scopes: ['mcp:admin'] },
  ],
});

let everything: EverythingServer;
let upstream: Upstream;
let rig: GatewayRig;
let authorization: string;

beforeAll(async () => {
  everything = await startEverything('sse');
  upstream = await startUpstream(relayTo(everything.url));
  rig = await startGatewayRig({
    upstream: `sse+http://127.0.0.1:${upstream.port}/sse`,
    env: {
      MCP_OAUTH_UPSTREAM_TOKEN: 'token-of-the-gateway',
      MCP_OAUTH_IDENTITY_HEADERS: 'X-User=subject',
    },
  });
  authorization = `Bearer ${await rig.mint()}`;
});
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
  await everything?.close();
});

const sdks = [
  ['SDK v1', sdkV1],
  ['SDK v2', sdkV2],
] as const;

describe.each(sdks)('server-everything over HTTP+SSE, seen by %s', (_name, create) => {
  it('gives for all 13 tools what it gives directly', async () => {
    const direct = create({ url: everything.url, fetch, authorization: '', sse: true });
    const guarded = create({ url: rig.resource, fetch, authorization, sse: true });
    await Promise.all([direct.connect(), guarded.connect()]);
    expect([...(await toolNames(guarded))].sort()).toEqual(Object.keys(everythingTools).sort());
    for (const method of ['tools/list', 'resources/list', 'prompts/list']) {
      const answers = [direct, guarded].map((client) => outcome(client.request(method)));
      expect(await answers[1], method).toBe(await answers[0]);
    }
    for (const [name, args] of Object.entries(everythingTools)) {
      const answers = [direct, guarded].map((client) => outcome(callTool(client, name, args)));
      expect(await answers[1], name).toBe(await answers[0]);
    }
    await Promise.all([direct.close(), guarded.close()]);
  });

  it('is shown on its stream exactly what its token may use', async () => {
    const reader = `Bearer ${await rig.mint({ scope: firstScope })}`;
    const client = create({ url: rig.resource, fetch, authorization: reader, sse: true });
    await client.connect();
    const names = await toolNames(client);
    expect([...names].sort()).toEqual(
      Object.keys(everythingTools).filter((name) => /^(?:echo|get-)/.test(name)),
    );
    await client.close();
  });

  it('logs in when the stream is refused, and is served', async () => {
    const client = create({ url: rig.resource, fetch, sse: true });
    await client.connect();
    expect(client.logins).toHaveLength(1);
    expect(await callTool(client, 'echo', { message: 'hi' })).toMatchObject({
      content: [{ type: 'text', text: 'Echo: hi' }],
    });
    await client.close();
  });

  it('is told by 405 to go on with GET, as a client that knows both transports does', async () => {
    const modern = create({ url: rig.resource, fetch, authorization });
    await expect(modern.connect()).rejects.toThrow(/405|not allowed/i);
    const legacy = create({ url: rig.resource, fetch, authorization, sse: true });
    await legacy.connect();
    expect(await toolNames(legacy)).toHaveLength(13);
    await legacy.close();
  });
});

it('keeps two users apart who use the same ids at the same time', async () => {
  const users = await Promise.all(
    ['alice', 'bob'].map(async (sub) => {
      const own = `Bearer ${await rig.mint({ sub })}`;
      const client = sdkV1({ url: rig.resource, fetch, authorization: own, sse: true });
      await client.connect();
      return { sub, client };
    }),
  );
  // Each client counts its requests from zero.
  const calls = Array.from({ length: 40 }, (_, index) =>
    users.map(async ({ sub, client }) => {
      const message = `${sub} ${index}`;
      const { content } = await callTool(client, 'echo', { message });
      expect(content).toEqual([{ type: 'text', text: `Echo: ${message}` }]);
    }),
  );
  await Promise.all(calls.flat());
  for (const { client } of users) await client.close();
});

interface OpenStream {
  /** Where its messages go, absolute. */
  readonly endpoint: URL;
  close(): void;
}

async function openStream(url: string, token: string): Promise<OpenStream> {
  const stop = new AbortController();
  const headers = { authorization: token, accept: 'text/event-stream' };
  const response = await fetch(url, { headers, signal: stop.signal });
  const { value } = (await response.body?.getReader().read()) ?? {};
  const [, path = ''] = /^data: (\S+)$/m.exec(Buffer.from(value ?? []).toString()) ?? [];
  return { endpoint: new URL(path, url), close: () => stop.abort() };
}

function post(endpoint: URL, token: string | null, message: object): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(token !== null && { authorization: token }),
  };
  return fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(message) });
}

const call = (name: string): object => ({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name, arguments: { message: 'hi' } },
});

describe('a message of HTTP+SSE', () => {
  let stream: OpenStream;
  let before: number;

  beforeAll(async () => {
    stream = await openStream(rig.resource, authorization);
    before = upstream.arrivals.length;
  });
  afterAll(() => stream?.close());

  it('is refused without a token', async () => {
    const response = await post(stream.endpoint, null, call('echo'));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(challenge(rig.resource));
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('is refused without the scopes of its tool, whatever those of the stream are', async () => {
    const token = `Bearer ${await rig.mint({ scope: firstScope })}`;
    const response = await post(stream.endpoint, token, call('gzip-file-as-resource'));
    expect(response.status).toBe(403);
    const expected = { error: 'insufficient_scope', scope: fullScope };
    expect(response.headers.get('www-authenticate')).toContain(`scope="${expected.scope}"`);
    expect(await response.json()).toMatchObject({ id: 7, error: { code: 403 } });
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('of another user does not reach the stream', async () => {
    const token = `Bearer ${await rig.mint({ sub: 'mallory' })}`;
    const response = await post(stream.endpoint, token, call('echo'));
    expect(response.status).toBe(404);
    expect(await response.text()).toBe(rpcError(7, 404, 'Session not found.'));
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('goes with our own credential and says who calls, as the stream does', async () => {
    const spoofed = { 'x-user': 'root', x_user: 'root', cookie: 'a=b' };
    const response = await fetch(stream.endpoint, {
      method: 'POST',
      headers: { ...spoofed, authorization, 'content-type': 'application/json' },
      body: JSON.stringify(call('echo')),
    });
    expect(response.status).toBe(202);
    const requests = ['GET', 'POST'].map((sent) =>
      upstream.arrivals.findLast(({ method }) => method === sent),
    );
    for (const { headers, rawHeaders } of requests.map((request) => request ?? upstream.last())) {
      expect(headers).toMatchObject({
        authorization: 'Bearer token-of-the-gateway',
        'x-user': 'alice',
      });
      expect(rawHeaders.join('\n')).not.toContain('root');
      expect(headers).not.toHaveProperty('cookie');
    }
    expect(upstream.last().url).toMatch(/^\/message\?sessionId=[0-9a-f-]+$/);
  });
});

describe('a stream of HTTP+SSE', () => {
  const clock = shiftedClock();
  let own: GatewayRig;

  beforeAll(async () => {
    const url = `sse+http://127.0.0.1:${upstream.port}/sse`;
    own = await startGatewayRig({ upstream: url, idp: rig.idp, clock });
  });
  afterAll(() => own?.close());

  it.each([
    ['its token has expired', () => clock.advance(3_600_000)],
    ['the gateway stops', () => own.close()],
  ])('ends when %s, for the server too', async (_what, end) => {
    const exp = Math.floor(clock.now() / 1_000) + 600;
    const headers = { authorization: `Bearer ${await own.mint({ exp })}` };
    const response = await fetch(own.resource, { headers });
    const opened = upstream.last();
    await end();
    expect(await response.text()).toContain('event: endpoint');
    await vi.waitUntil(() => opened.outcome === 'cut', waiting);
  });
});

it('rules by annotation hold on HTTP+SSE, whether the client has listed the tools or not', async () => {
  const look = { name: 'look', annotations: { readOnlyHint: true } };
  const tools = [look, { name: 'drop', annotations: { readOnlyHint: false } }];
  const server = legacyServer(({ method }) => (method === 'tools/list' ? { tools } : {}));
  const recorded = await startUpstream(server.answer);
  const own = await startGatewayRig({
    upstream: `sse+http://127.0.0.1:${recorded.port}/sse`,
    idp: rig.idp,
    env: { MCP_OAUTH_IDENTITY_HEADERS: 'X-User=subject' },
    change: (service) => ({ ...service, policy: byAnnotation }),
  });
  const token = `Bearer ${await own.mint({ scope: firstScope })}`;
  const stream = await openStream(own.resource, token);
  expect((await post(stream.endpoint, token, call('look'))).status).toBe(202);
  expect((await post(stream.endpoint, token, call('drop'))).status).toBe(403);
  const asked = ['initialize', 'notifications/initialized', 'tools/list'];
  expect(server.messages).toEqual([...asked.map((method) => [1, method]), [0, 'tools/call']]);
  for (const { headers } of recorded.arrivals) expect(headers['x-user']).toBe('alice');
  stream.close();
  await own.close();
  await recorded.close();
});

it('nothing of HTTP+SSE is offered where the upstream does not ask for it', async () => {
  const plain = await startGatewayRig({ upstream: upstream.url, idp: rig.idp });
  upstream.answerWith((_incoming, outgoing) => void outgoing.writeHead(405).end());
  const headers = { authorization: `Bearer ${await plain.mint()}` };
  const response = await fetch(`${plain.resource}?session=${'A'.repeat(22)}`, { headers });
  expect(response.status).toBe(405);
  expect(upstream.last().url).toBe('/mcp');
  await plain.close();
});
