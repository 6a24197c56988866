import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { loadConfig } from '../../src/config/load.ts';
import { sessionContract, toolCall } from '../contract/sessions.ts';
import { rpcError } from '../support/expectations.ts';
import { type GatewayRig, mintToken, startGatewayRig } from '../support/gateway-rig.ts';
import { httpSession, initialize, openHttpSession } from '../support/session-client.ts';
import { type SessionServer, startSessionServer } from '../support/session-server.ts';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';

let server: SessionServer;
let rig: GatewayRig;
let foreign: Idp;
const narrow = 'mcp:access mcp:tools:read';
const policy = {
  required: ['mcp:access'],
  tools: [
    { match: 'read', scopes: ['mcp:tools:read'] },
    { match: '*', scopes: ['mcp:admin'] },
  ],
};

beforeAll(async () => {
  server = await startSessionServer();
  // Its tokens are for the same resource; only the issuer differs.
  foreign = await startIdp({ resource: 'http://127.0.0.1/unused', scopes: ['mcp:access'] });
  rig = await startGatewayRig({
    upstream: server.url,
    change({ issuers, ...service }) {
      const { services } = loadConfig({
        env: {
          MCP_OAUTH_ISSUER: foreign.issuer,
          MCP_OAUTH_RESOURCE: service.resource,
          MCP_OAUTH_UPSTREAM: server.url,
        },
        flags: {},
        insecureNoAuth: false,
      });
      return { ...service, issuers: [...issuers, ...services[0].issuers] };
    },
  });
  rig.reload(policy);
});
afterAll(async () => {
  await rig?.close();
  await foreign?.close();
  await server?.close();
});

const session = (id: string) => httpSession(rig.resource, id);

sessionContract('Streamable HTTP', {
  rig: () => ({
    open: async (token) => session(await openHttpSession(rig.resource, token)),
    named: session,
    mint: rig.mint,
    mintForeign: (claims = {}) => mintToken(foreign, { aud: rig.resource, ...claims }),
    reached: () => server.arrivals.length,
    log: rig.log,
  }),
  narrow,
  malformed: ['two words', 'ünïcode', 'one, two', 'x'.repeat(4_097)],
});

describe('what the server says of sessions', () => {
  let upstream: Upstream;
  let plain: GatewayRig;
  let token: string;
  beforeAll(async () => {
    upstream = await startUpstream(emptyResult);
    plain = await startGatewayRig({ upstream: upstream.url, idp: rig.idp });
    token = await plain.mint();
  });
  beforeEach(() => upstream.answerWith(emptyResult));
  afterAll(async () => {
    await plain?.close();
    await upstream?.close();
  });

  function naming(id: string, status = 200): void {
    upstream.answerWith((incoming, outgoing, arrival) => {
      outgoing.setHeader('mcp-session-id', id);
      if (status === 200) return emptyResult(incoming, outgoing, arrival);
      outgoing.writeHead(status).end();
    });
  }

  function post(message: object, headers: Record<string, string> = {}, bearer = token) {
    return fetch(plain.resource, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(message),
    });
  }

  const ping = { jsonrpc: '2.0', id: 'ping', method: 'ping' };
  const modernCall = {
    jsonrpc: '2.0',
    id: 'modern',
    method: 'tools/call',
    params: {
      name: 'echo',
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'bare', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  };
  const modernHeaders = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'echo',
  };

  it('is nothing where the server has none: no id is ever made up', async () => {
    const opened = await post(initialize);
    expect(opened.headers.get('mcp-session-id')).toBeNull();
    const answered = await post(ping);
    expect([answered.status, answered.headers.get('mcp-session-id')]).toEqual([200, null]);
    expect(upstream.last().headers).not.toHaveProperty('mcp-session-id');
  });

  it('does not count where it comes with anything but initialize', async () => {
    naming('pushed');
    const answered = await post(ping);
    expect([answered.status, answered.headers.get('mcp-session-id')]).toEqual([200, null]);
    const used = await post(ping, { 'mcp-session-id': 'pushed' });
    expect(used.status).toBe(404);
  });

  it('cannot move a client into another session', async () => {
    naming('first');
    await post(initialize);
    naming('second');
    const answered = await post(ping, { 'mcp-session-id': 'first' });
    expect([answered.status, answered.headers.get('mcp-session-id')]).toEqual([200, null]);
    naming('first');
    const same = await post(ping, { 'mcp-session-id': 'first' });
    expect(same.headers.get('mcp-session-id')).toBe('first');
  });

  it('binds nothing where it does not accept initialize', async () => {
    naming('refused', 400);
    const opened = await post(initialize);
    expect([opened.status, opened.headers.get('mcp-session-id')]).toEqual([400, null]);
    expect((await post(ping, { 'mcp-session-id': 'refused' })).status).toBe(404);
  });

  it('is refused where two principals get the same id, and neither has it', async () => {
    naming('shared');
    expect((await post(initialize)).status).toBe(200);
    const bob = await plain.mint({ sub: 'bob' });
    const second = await post(initialize, {}, bob);
    expect(second.status).toBe(502);
    expect(second.headers.get('mcp-session-id')).toBeNull();
    for (const bearer of [token, bob]) {
      expect((await post(ping, { 'mcp-session-id': 'shared' }, bearer)).status).toBe(404);
    }
  });

  it('is refused where a new id could not be used', async () => {
    naming('with a blank');
    const opened = await post(initialize);
    expect(opened.status).toBe(502);
    expect(await opened.text()).toBe(
      rpcError(0, 502, 'The MCP server cannot be reached, or its answer cannot be used.'),
    );
  });

  it('is passed on when it has forgotten a session, which is nobody’s from then on', async () => {
    const bearer = await rig.mint();
    const id = await openHttpSession(rig.resource, bearer);
    server.forget();
    const gone = await session(id).post(bearer, toolCall('read'));
    expect([gone.status, await gone.text()]).toEqual([
      404,
      expect.stringContaining('No such session here'),
    ]);
    const before = server.arrivals.length;
    const again = await session(id).post(bearer, toolCall('read'));
    expect([again.status, await again.text()]).toEqual([
      404,
      expect.stringContaining('Session not found.'),
    ]);
    expect(server.arrivals).toHaveLength(before);
  });

  it('does not reach a client of 2026-07-28, nor does that client’s own word the server', async () => {
    naming('first');
    await post(initialize);
    const bob = await plain.mint({ sub: 'bob' });
    const answered = await post(modernCall, { ...modernHeaders, 'mcp-session-id': 'first' }, bob);
    expect([answered.status, answered.headers.get('mcp-session-id')]).toEqual([200, null]);
    expect(upstream.last().headers).not.toHaveProperty('mcp-session-id');
  });

  it('keeps a place in a stream behind the session check', async () => {
    naming('with-events');
    await post(initialize);
    const bob = await plain.mint({ sub: 'bob' });
    const before = upstream.arrivals.length;
    const resumed = await fetch(plain.resource, {
      headers: {
        authorization: `Bearer ${bob}`,
        accept: 'text/event-stream',
        'mcp-session-id': 'with-events',
        'last-event-id': 'event-of-alice',
      },
    });
    expect(resumed.status).toBe(404);
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('keeps a place in a stream from a server that would have to guess whose it is', async () => {
    const bob = await plain.mint({ sub: 'bob' });
    const before = upstream.arrivals.length;
    await fetch(plain.resource, {
      headers: { authorization: `Bearer ${bob}`, 'last-event-id': 'event-of-alice' },
    });
    expect(upstream.arrivals).toHaveLength(before + 1);
    expect(upstream.last().headers).not.toHaveProperty('last-event-id');
  });
});
