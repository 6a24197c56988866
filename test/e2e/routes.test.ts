import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { challenge, expectNoToken, rpcError } from '../support/expectations.ts';
import { firstScope, type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { type RawAnswer, rawExchange, rawHead } from '../support/raw-http.ts';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let rig: GatewayRig;
let token: string;

const body = '{"jsonrpc":"2.0","id":"call-1","method":"ping"}';
const pageOrigin = 'https://page.example';
const missing = 'Authentication required: send an access token.';

beforeAll(async () => {
  upstream = await startUpstream(emptyResult);
  rig = await startGatewayRig({
    upstream: upstream.url,
    env: { MCP_OAUTH_ALLOWED_ORIGINS: pageOrigin },
  });
  token = await rig.mint();
});
afterEach(() => expectNoToken(rig.log(), token));
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
});

/** Exactly these bytes as the request target, with everything else as good as can be. */
function raw(target: string, fields: readonly string[] = [], method = 'POST'): Promise<RawAnswer> {
  const usual = [
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  const host = fields.some((field) => /^host:/i.test(field)) ? [] : ['Host: localhost'];
  return rawExchange(rig.port, rawHead(target, [...host, ...usual, ...fields], method) + body);
}

function at(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, rig.resource), { redirect: 'manual', ...init });
}

describe('a path that is not quite the endpoint', () => {
  it.each([
    '//mcp',
    '/mcp/',
    '/MCP',
    '/mcp%2f',
    '/mcp%2F',
    '/%6dcp',
    '/mcp;x',
    '/mcp;/x',
    '/mcp%00',
    '/mcp%20',
    '/mcp%0d%0a',
    '/mcp%',
    '/mcp.',
    '/./mcp',
    '/x/../mcp',
    '/x/%2e%2e/mcp',
    '/mcp/../mcp',
    '/mcp/x',
    '/healthz/../mcp',
    '/.well-known/oauth-protected-resource/../../mcp',
    '/mcp#f',
    '/mcp%23',
    '/mcp%3f',
    '/mcp/?',
    '/',
    '/sse',
    '/message',
    'http://localhost/mcp',
    'http://evil.example/mcp',
  ])('is 404 and reaches no upstream, good token or not: %s', async (target) => {
    const before = upstream.arrivals.length;
    const answer = await raw(target);
    expect(answer.status).toBe(404);
    expect(answer.body).toBe(rpcError(null, 404, 'Not found.'));
    expect(answer.headers.has('www-authenticate')).toBe(false);
    expect(upstream.arrivals).toHaveLength(before);
  });

  it.each(['\\mcp', '/\\mcp', 'mcp', '/mcp x', '/mcp\u00e9'])(
    'is no HTTP at all: %s',
    async (target) => {
      const before = upstream.arrivals.length;
      expect((await raw(target)).status).toBe(400);
      expect(upstream.arrivals).toHaveLength(before);
    },
  );

  it.each(['/mcp', '/mcp?', '/mcp?x=/../..', '/mcp?%00'])(
    'is the endpoint only as %s, where the guard stands',
    async (target) => {
      const before = upstream.arrivals.length;
      const bare = await rawExchange(rig.port, rawHead(target, ['Host: localhost'], 'GET'));
      expect(bare.status).toBe(401);
      expect(bare.headers.get('www-authenticate')).toBe(challenge(rig.resource));
      expect(upstream.arrivals).toHaveLength(before);
      expect((await raw(target)).status).toBe(200);
      expect(upstream.last().url).toBe('/mcp');
    },
  );
});

describe('an endpoint that only an authorization server has', () => {
  const paths = [
    '/authorize',
    '/token',
    '/register',
    '/revoke',
    '/introspect',
    '/callback',
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/mcp',
    '/.well-known/openid-configuration',
    '/.well-known/jwks.json',
  ];

  it.each(paths)('does not exist here: %s', async (path) => {
    for (const method of ['GET', 'POST']) {
      const response = await at(path, { method, headers: { authorization: `Bearer ${token}` } });
      expect(response.status, method).toBe(404);
      expect(await response.text(), method).toBe(rpcError(null, 404, 'Not found.'));
    }
  });
});

describe('the protected-resource metadata', () => {
  const root = '/.well-known/oauth-protected-resource';
  const paths = [`${root}/mcp`, root];

  const document = () =>
    JSON.stringify({
      resource: rig.resource,
      authorization_servers: [rig.idp.issuer],
      scopes_supported: firstScope.split(' '),
      bearer_methods_supported: ['header'],
    });

  it.each(paths)('is at %s for GET and HEAD, and for pages of any origin', async (path) => {
    for (const method of ['GET', 'HEAD']) {
      const response = await at(path, { method, headers: { origin: 'https://any.example' } });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(method === 'GET' ? document() : '');
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    }
  });

  it.each(paths)('answers preflights at %s, and 405 to everything else', async (path) => {
    const preflight = await at(path, {
      method: 'OPTIONS',
      headers: { origin: 'https://any.example', 'access-control-request-method': 'GET' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const response = await at(path, { method });
      expect([response.status, await response.text()]).toEqual([405, '']);
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    }
  });

  it('says the same whatever the request says about hosts and proxies', async () => {
    const head = rawHead(
      `${root}/mcp?x=1`,
      ['Host: evil.example', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https'],
      'GET',
    );
    expect((await rawExchange(rig.port, head)).body).toBe(document());
  });

  it.each([`${root}/`, `${root}/mcp/`, `${root}/other`, `${root}/..%2fmcp`, `${root}x`])(
    'is not at %s',
    async (path) => {
      const head = rawHead(path, ['Host: localhost'], 'GET');
      expect((await rawExchange(rig.port, head)).status).toBe(404);
    },
  );
});

describe('a method that MCP does not use', () => {
  it.each(['HEAD', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'QUERY', 'PURGE'])(
    '%s is 401 without a token and 405 with one',
    async (method) => {
      const before = upstream.arrivals.length;
      const silent = method === 'HEAD';
      const bare = await rawExchange(rig.port, rawHead('/mcp', ['Host: localhost'], method));
      expect(bare.status).toBe(401);
      expect(bare.headers.get('www-authenticate')).toBe(challenge(rig.resource));
      expect(bare.body).toBe(silent ? '' : rpcError(null, 401, missing));
      const denied = await raw('/mcp', [], method);
      expect(denied.status).toBe(405);
      expect(denied.headers.get('allow')).toBe('GET, POST, DELETE');
      expect(denied.headers.has('www-authenticate')).toBe(false);
      expect(denied.body).toBe(silent ? '' : rpcError(null, 405, 'Method not allowed.'));
      expect(upstream.arrivals).toHaveLength(before);
    },
  );

  it('is not to be had by overriding one that it does', async () => {
    await raw('/mcp', ['X-HTTP-Method-Override: DELETE']);
    expect(upstream.last().method).toBe('POST');
  });
});

describe('a request with more than it should have', () => {
  const padding = (count: number) =>
    Array.from({ length: count }, (_, n) => `X-Padding-${n}: ${n}`);
  /** Fields that `raw` sends anyway. */
  const usual = 5;

  it('is served with 100 header fields and refused with 101', async () => {
    expect((await raw('/mcp', padding(100 - usual))).status).toBe(200);
    const before = upstream.arrivals.length;
    const answer = await raw('/mcp', padding(101 - usual));
    expect(answer.status).toBe(431);
    expect(answer.body).toBe(rpcError(null, 431, 'The request has too many header fields.'));
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('is refused with a second Authorization behind more fields than Node keeps', async () => {
    const before = upstream.arrivals.length;
    const short = Array.from({ length: 2_100 }, () => 'a:b');
    expect((await raw('/mcp', [...short, 'Authorization: Bearer other'])).status).toBe(431);
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('is refused with two Authorization fields, the same or not', async () => {
    const before = upstream.arrivals.length;
    for (const second of [token, 'other']) {
      const answer = await raw('/mcp', [`authorization: Bearer ${second}`]);
      expect(answer.status).toBe(400);
      expect(answer.headers.get('www-authenticate')).toBe(
        challenge(rig.resource, {
          error: 'invalid_request',
          description: 'The Authorization header is malformed.',
        }),
      );
    }
    expect(upstream.arrivals).toHaveLength(before);
  });

  const block = Buffer.alloc(64 * 1024, 'x');
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), block, Buffer.from('\r\n')]);

  it.each([
    ['without a token, its length known', [], 'Content-Length: 209715200', block, 401],
    ['without a token, its length unknown', [], 'Transfer-Encoding: chunked', chunk, 401],
    ['with a good token, its length known', ['token'], 'Content-Length: 209715200', block, 413],
    ['with a good token, its length unknown', ['token'], 'Transfer-Encoding: chunked', chunk, 413],
  ])('loses its connection over 200 MB %s', async (_title, given, framing, more, status) => {
    const before = upstream.arrivals.length;
    const fields = ['Host: localhost', 'Content-Type: application/json', framing];
    if (given.length > 0) fields.push(`Authorization: Bearer ${token}`);
    const head = ['POST /mcp HTTP/1.1', ...fields, '', ''].join('\r\n');
    const answer = await rawExchange(rig.port, head, more);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('connection')).toBe('close');
    expect(answer.sentBytes).toBeLessThan(20 * 1024 * 1024);
    expect(upstream.arrivals).toHaveLength(before);
  });
});

describe('the names that a request gives', () => {
  it.each(['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1.evil.example'])(
    'a foreign Host is 421: %s',
    async (host) => {
      const before = upstream.arrivals.length;
      const answer = await raw('/mcp', [`Host: ${host}`]);
      expect(answer.status).toBe(421);
      expect(answer.body).toBe(rpcError(null, 421, 'This host name is not served here.'));
      expect(upstream.arrivals).toHaveLength(before);
    },
  );

  it.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'https://page.example.evil.example',
    'https://page.example/',
    'https://PAGE.example',
    'http://localhost:1',
    'file://',
  ])('a foreign Origin is 403 and is not told anything by CORS: %s', async (origin) => {
    const before = upstream.arrivals.length;
    const answer = await raw('/mcp', [`Origin: ${origin}`]);
    expect(answer.status).toBe(403);
    expect(answer.body).toBe(rpcError(null, 403, 'Requests from this origin are not permitted.'));
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-'))).toEqual([]);
    expect(answer.headers.has('www-authenticate')).toBe(false);
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('two Origins are 403, even where both are permitted', async () => {
    const fields = [`Origin: ${pageOrigin}`, `Origin: ${pageOrigin}`];
    expect((await raw('/mcp', fields)).status).toBe(403);
  });

  it('a permitted Origin may preflight, call, and read why it was refused', async () => {
    const preflight = await at('/mcp', {
      method: 'OPTIONS',
      headers: {
        origin: pageOrigin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type, x-evil',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(pageOrigin);
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'authorization, content-type',
    );
    for (const status of [200, 401]) {
      const response = await at('/mcp', {
        method: 'POST',
        headers: {
          origin: pageOrigin,
          'content-type': 'application/json',
          ...(status === 200 && { authorization: `Bearer ${token}` }),
        },
        body,
      });
      expect(response.status).toBe(status);
      expect(response.headers.get('access-control-allow-origin')).toBe(pageOrigin);
      expect(response.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
      expect(response.headers.has('access-control-allow-credentials')).toBe(false);
    }
  });
});

describe('the health URLs', () => {
  it.each([
    ['/healthz', 'ok\n'],
    ['/readyz', 'ready\n'],
  ])('%s needs neither token nor a known Host', async (path, text) => {
    const answer = await rawExchange(rig.port, rawHead(path, ['Host: 10.0.0.7'], 'GET'));
    expect([answer.status, answer.body]).toEqual([200, text]);
  });
});
