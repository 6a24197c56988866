import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { expectNoToken, rpcError } from '../support/expectations.ts';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { rawExchange, rawHead } from '../support/raw-http.ts';
import { type Answer, emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

let upstream: Upstream;
let rig: GatewayRig;
let token: string;

const modern = {
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'bare', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  },
};

const modernCall = {
  headers: {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'echo',
  },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'echo', arguments: { region: 'eu' }, ...modern },
  }),
};

beforeAll(async () => {
  upstream = await startUpstream(emptyResult);
  rig = await startGatewayRig({ upstream: upstream.url });
  token = await rig.mint();
});
beforeEach(() => upstream.answerWith(emptyResult));
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
});

function send(init: RequestInit = {}, url = rig.resource, bearer = token): Promise<Response> {
  const { body = '{"jsonrpc":"2.0","id":"call-1","method":"ping"}' } = init;
  return fetch(url, {
    method: 'POST',
    redirect: 'manual',
    ...init,
    headers: {
      authorization: `Bearer ${bearer}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...init.headers,
    },
    body: init.method === 'GET' || init.method === 'DELETE' ? null : body,
  });
}

/** Has the upstream open a session under an id of the test's choice. */
async function openSession(id: string): Promise<void> {
  upstream.answerWith((incoming, outgoing, arrival) => {
    outgoing.setHeader('mcp-session-id', id);
    return emptyResult(incoming, outgoing, arrival);
  });
  await send({ body: '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}' });
  upstream.answerWith(emptyResult);
}

describe('the request that reaches the upstream', () => {
  beforeAll(() => openSession('session-1'));
  const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

  it('has exactly the headers that may pass, and our own', async () => {
    const foreign = [
      'Cookie: session=of-the-client',
      'Proxy-Authorization: Basic Y2xpZW50',
      'Forwarded: for=1.2.3.4;host=evil.example;proto=https',
      'X-Forwarded-For: 1.2.3.4',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Uri: /admin',
      'X-Forwarded-Prefix: /admin',
      'X-Forwarded-User: root',
      'X_Forwarded_For: 1.2.3.4',
      'X-Real-IP: 1.2.3.4',
      'X-User: root',
      'X_User: root',
      'x.user: root',
      'X-Remote-User: root',
      'X-Auth-Request-Email: root@evil.example',
      'X-Original-URL: /admin',
      'X-Rewrite-URL: /admin',
      'X-HTTP-Method-Override: DELETE',
      `X-Forwarded-Access-Token: ${token}`,
      'Keep-Alive: timeout=5',
      'TE: trailers',
      `Origin: http://127.0.0.1:${rig.port}`,
      'Referer: http://evil.example/',
    ];
    const head = rawHead('/mcp', [
      'Host: localhost',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${body.length}`,
      'Accept: application/json, text/event-stream',
      'User-Agent: a-client/1.0',
      'Mcp-Session-Id: session-1',
      'MCP-Protocol-Version: 2025-11-25',
      'Last-Event-ID: event-1',
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'tracestate: vendor=1',
      'baggage: key=value',
      ...foreign,
    ]);
    const { status } = await rawExchange(rig.port, head + body);
    expect(status).toBe(200);
    const { headers, rawHeaders } = upstream.last();
    const { 'x-request-id': requestId, ...rest } = headers;
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(rest).toEqual({
      host: `127.0.0.1:${upstream.port}`,
      connection: 'keep-alive',
      accept: 'application/json, text/event-stream',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'content-length': `${body.length}`,
      'user-agent': 'a-client/1.0',
      'mcp-session-id': 'session-1',
      'mcp-protocol-version': '2025-11-25',
      'last-event-id': 'event-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'vendor=1',
      baggage: 'key=value',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${rig.port}`,
    });
    expect(rawHeaders.length).toBe(2 * Object.keys(headers).length);
    expectNoToken(rawHeaders.join(), token);
  });

  it.each(['authorization, mcp-session-id', 'Mcp-Session-Id, x-forwarded-for'])(
    'keeps its headers when the client lists them as "Connection: %s"',
    async (names) => {
      const head = [
        'POST /mcp HTTP/1.1',
        'Host: localhost',
        `Connection: close, ${names}`,
        `Authorization: Bearer ${token}`,
        'Content-Type: application/json',
        'Mcp-Session-Id: session-1',
        `Content-Length: ${body.length}`,
        '',
        '',
      ];
      expect((await rawExchange(rig.port, head.join('\r\n') + body)).status).toBe(200);
      expect(upstream.last().headers).toMatchObject({
        'mcp-session-id': 'session-1',
        'x-forwarded-for': '127.0.0.1',
      });
    },
  );

  it('has no query: a token there is ignored and goes nowhere', async () => {
    const secret = await rig.mint({ sub: 'query' });
    const before = upstream.arrivals.length;
    const bare = await fetch(`${rig.resource}?access_token=${secret}`, { method: 'POST', body });
    expect(bare.status).toBe(401);
    expect(upstream.arrivals).toHaveLength(before);
    const good = await send({ body }, `${rig.resource}?access_token=${secret}&x=1`);
    expect(good.status).toBe(200);
    expect(upstream.last().url).toBe('/mcp');
    expectNoToken(rig.log(), secret);
  });

  it('proposes no session of the client when one begins', async () => {
    const initialize = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}';
    await send({ body: initialize, headers: { 'mcp-session-id': 'fixed-by-the-client' } });
    expect(upstream.last().headers).not.toHaveProperty('mcp-session-id');
  });

  it('is of no session in 2026-07-28, and mirrors what the client mirrored', async () => {
    const mirrored = {
      ...modernCall.headers,
      'mcp-name': '=?base64?ZWNobw==?=',
      'mcp-param-region': 'eu',
      'mcp-param-unknown_one': '=?base64?!!!?=',
    };
    const session = { 'mcp-session-id': 's-1', 'last-event-id': 'e-1' };
    const response = await send({ ...modernCall, headers: { ...mirrored, ...session } });
    expect(response.status).toBe(200);
    const { headers, body } = upstream.last();
    expect(headers).toMatchObject(mirrored);
    for (const name of Object.keys(session)) expect(headers).not.toHaveProperty(name);
    expect(body).toBe(modernCall.body);
  });

  it.each([
    ['another revision', { 'mcp-protocol-version': '2025-11-25' }, -32020],
    ['another method', { 'mcp-method': 'tools/list' }, -32020],
    ['another name', { 'mcp-name': 'get-sum' }, -32020],
    ['another argument', { 'mcp-param-region': 'us' }, -32020],
    ['a revision that nobody knows', { 'mcp-protocol-version': '2099-01-01' }, -32020],
  ])('does not come to be where the headers tell of %s', async (_what, wrong, code) => {
    const before = upstream.arrivals.length;
    const response = await send({ ...modernCall, headers: { ...modernCall.headers, ...wrong } });
    expect([response.status, (await response.json()).error.code]).toEqual([400, code]);
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('does not come to be where a header stands there twice', async () => {
    const before = upstream.arrivals.length;
    const head = rawHead('/mcp', [
      'Host: localhost',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      `Content-Length: ${modernCall.body.length}`,
      'MCP-Protocol-Version: 2026-07-28',
      'Mcp-Method: tools/call',
      'Mcp-Name: echo',
      'Mcp-Name: echo',
    ]);
    const { status } = await rawExchange(rig.port, head + modernCall.body);
    expect(status).toBe(400);
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('carries the canonical message: one text, ids and numbers as the client wrote them', async () => {
    const written = '{ "jsonrpc":"2.0", "id":9007199254740993, "m\\u0065thod":"ping", "x":1.0 }';
    await send({ body: written });
    const canonical = '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping","x":1.0}';
    expect(upstream.last().body).toBe(canonical);
  });

  it.each(['GET', 'DELETE'])('is a %s without body where the client sent one', async (method) => {
    const headers = { 'mcp-session-id': 'session-1', 'last-event-id': 'e-1' };
    await openSession('session-1');
    const response = await send({ method, headers });
    expect(response.status).toBe(200);
    expect(upstream.last()).toMatchObject({ method, url: '/mcp', body: '', headers });
    expect(upstream.last().headers).not.toHaveProperty('content-type');
  });
});

describe('an answer of the upstream that must not pass', () => {
  const refused = 'The MCP server refused the request.';
  const unreachable = 'The MCP server cannot be reached, or its answer cannot be used.';

  function answering(status: number, headers: Record<string, string>, body: string | Buffer = '') {
    return (_incoming: unknown, outgoing: ServerResponse): void => {
      outgoing.writeHead(status, headers).end(body);
    };
  }

  function broken(_incoming: unknown, outgoing: ServerResponse): void {
    outgoing.destroy();
  }

  it.each<[string, Answer, string]>([
    ['a redirect of the kind that drops the body', answering(302, { location: '/else' }), refused],
    ['a redirect that would post the body again', answering(307, { location: '/else' }), refused],
    ['a permanent redirect', answering(308, { location: '/else' }), refused],
    ['a 304', answering(304, {}), refused],
    ['its own 401', answering(401, { 'www-authenticate': 'Bearer scope="all"' }), refused],
    ['its own 403', answering(403, {}, 'the gateway may not'), refused],
    [
      'a compressed answer',
      answering(200, { 'content-encoding': 'gzip' }, gzipSync('{}')),
      unreachable,
    ],
    ['no answer', broken, unreachable],
  ])('becomes a 502 under the id of the request: %s', async (_title, answer, message) => {
    upstream.answerWith(answer);
    const before = upstream.arrivals.length;
    const response = await send();
    expect(response.status).toBe(502);
    expect(await response.text()).toBe(rpcError('call-1', 502, message));
    expect([...response.headers.keys()].sort()).toEqual([
      'cache-control',
      'connection',
      'content-length',
      'content-type',
      'date',
      'keep-alive',
      'x-request-id',
    ]);
    expect(upstream.arrivals).toHaveLength(before + 1);
    expectNoToken(rig.log(), token);
  });

  it.each(['GET', 'DELETE'])('becomes a 502 without id for a %s', async (method) => {
    upstream.answerWith(answering(403, {}));
    const response = await send({ method });
    expect(response.status).toBe(502);
    expect(await response.text()).toBe(rpcError(null, 502, refused));
  });

  it("loses what is not the client's business, and keeps the rest", async () => {
    upstream.answerWith(
      answering(
        404,
        {
          'content-type': 'application/json',
          'mcp-session-id': 's-2',
          'retry-after': '3',
          'cache-control': 'public, max-age=60',
          etag: '"1"',
          'set-cookie': 'upstream=1',
          'www-authenticate': 'Basic',
          server: 'upstream/1.0',
          'x-powered-by': 'upstream',
          'access-control-allow-origin': '*',
          'access-control-expose-headers': '*',
          location: 'http://127.0.0.1/internal',
          'x-request-id': 'of-the-upstream',
        },
        '{"jsonrpc":"2.0","id":"call-1","error":{"code":-32001,"message":"Session not found"}}',
      ),
    );
    const response = await send();
    expect(response.status).toBe(404);
    const { date, 'x-request-id': requestId, ...headers } = Object.fromEntries(response.headers);
    expect(headers).toEqual({
      'cache-control': 'no-store',
      connection: 'keep-alive',
      'content-type': 'application/json',
      etag: '"1"',
      'keep-alive': 'timeout=5',
      'retry-after': '3',
      'transfer-encoding': 'chunked',
    });
    expect(date).toBeTruthy();
    expect(requestId).toBe(upstream.last().headers['x-request-id']);
    expect(await response.text()).toContain('Session not found');
  });
});

describe('an upstream that is not well', () => {
  it('is a 502 under the id of the request where nobody listens', async () => {
    const { port, release } = await reservePort(0);
    await release();
    const lonely = await startGatewayRig({
      upstream: `http://127.0.0.1:${port}/mcp`,
      idp: rig.idp,
    });
    try {
      const bearer = await lonely.mint();
      const body = '{"jsonrpc":"2.0","id":1e400,"method":"ping"}';
      const response = await send({ body }, lonely.resource, bearer);
      expect(response.status).toBe(502);
      expect(await response.text()).toBe(
        '{"jsonrpc":"2.0","id":1e400,"error":{"code":502,"message":"The MCP server cannot be reached, or its answer cannot be used."}}',
      );
      expect(lonely.log()).toContain('ECONNREFUSED');
      const [refused = ''] = lonely.log().split('\n').slice(-2);
      expect(JSON.parse(refused)).toMatchObject({
        code: 'upstream_unavailable',
        issuer: lonely.idp.issuer,
        subject: 'alice',
        method: 'ping',
      });
      expectNoToken(lonely.log(), bearer);
    } finally {
      await lonely.close();
    }
  });

  it('is a 504 where it takes too long to begin, and its work is given up', async () => {
    const impatient = await startGatewayRig({
      upstream: upstream.url,
      idp: rig.idp,
      change: ({ upstream, ...service }) => ({
        ...service,
        upstream: { ...upstream, headersTimeoutMs: 100 },
      }),
    });
    try {
      upstream.answerWith(() => {});
      const response = await send({}, impatient.resource, await impatient.mint());
      expect(response.status).toBe(504);
      expect(await response.text()).toBe(
        rpcError('call-1', 504, 'The MCP server took too long to answer.'),
      );
      await vi.waitFor(() => expect(upstream.last().outcome).toBe('cut'), waiting);
    } finally {
      await impatient.close();
    }
  });

  it('is refused when it dies in the middle of a JSON answer', async () => {
    upstream.answerWith((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      outgoing.write('{"jsonrpc":"2.0","id":"call-1","result":{', () => outgoing.destroy());
    });
    const response = await send();
    expect(response.status).toBe(502);
    expect(await response.text()).toBe(
      rpcError('call-1', 502, 'The MCP server cannot be reached, or its answer cannot be used.'),
    );
  });

  it('ends an event stream quietly when it dies in the middle, with nothing made up', async () => {
    const whole = 'data: {"jsonrpc":"2.0","method":"notifications/message"}\n\n';
    upstream.answerWith((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write(`${whole}data: {"half":"`, () => outgoing.destroy());
    });
    expect(await (await send()).text()).toBe(whole);
  });
});

describe('an event stream', () => {
  it('reaches the client event by event, as the upstream writes them', async () => {
    let outgoing: ServerResponse | undefined;
    upstream.answerWith((_incoming, response) => {
      outgoing = response;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    });
    const response = await send({ method: 'GET' });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (const event of ['id: 1\ndata: one\n\n', 'id: 2\ndata: two\n\n', ': idle\n\n']) {
      outgoing?.write(event);
      expect((await reader?.read())?.value).toBe(event);
    }
    outgoing?.end();
    expect((await reader?.read())?.done).toBe(true);
  });
});

describe('a client that goes away', () => {
  const slow = 'notifications of a slow answer';

  async function leave(init: RequestInit, begun: boolean): Promise<ServerResponse> {
    let outgoing: ServerResponse | undefined;
    const before = upstream.arrivals.length;
    upstream.answerWith((_incoming, response) => {
      outgoing = response;
      if (begun) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`: ${slow}\n\n`);
      }
    });
    const abort = new AbortController();
    const answer = send({ ...init, signal: abort.signal });
    await vi.waitFor(() => expect(upstream.arrivals.length).toBe(before + 1), waiting);
    await vi.waitFor(() => expect(outgoing).toBeDefined(), waiting);
    if (begun) await (await answer).body?.getReader().read();
    abort.abort();
    await answer.catch(() => null);
    return outgoing as ServerResponse;
  }

  const legacyCall = {
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}',
  };

  it.each([
    ['a call of 2026-07-28 that has not been answered', modernCall, false],
    ['a call of 2026-07-28 whose answer streams', modernCall, true],
    ['the stream of a GET', { method: 'GET' }, true],
    ['a GET that has not been answered', { method: 'GET' }, false],
  ])('cancels %s', async (_title, init, begun) => {
    await leave(init, begun);
    await vi.waitFor(() => expect(upstream.last().outcome).toBe('cut'), waiting);
  });

  it.each([
    ['has not been answered', false],
    ['streams its answer', true],
  ])('leaves a call of an earlier revision running that %s', async (_title, begun) => {
    const outgoing = await leave(legacyCall, begun);
    const legacy = upstream.last();
    // Whoever left later has been noticed by now, so this one has been too.
    await leave(modernCall, false);
    await vi.waitFor(() => expect(upstream.last().outcome).toBe('cut'), waiting);
    expect(legacy.outcome).toBe('open');
    if (!begun) outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.end('x'.repeat(1_000_000));
    await vi.waitFor(() => expect(legacy.outcome).toBe('answered'), waiting);
  });

  it('leaves no line in the log for it', async () => {
    const before = rig.log().length;
    await leave({ method: 'GET' }, true);
    await vi.waitFor(() => expect(upstream.last().outcome).toBe('cut'), waiting);
    expect(rig.log().slice(before)).toBe('');
  });
});
