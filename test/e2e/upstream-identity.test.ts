import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { rawExchange, rawHead } from '../support/raw-http.ts';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';

const canary = 'cAnArY-of-the-gateway';
const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let directory: string;
let upstream: Upstream;
let rig: GatewayRig;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'doorman-'));
  const files = { token: canary, 'api-key': `${canary}-key`, key: pem() };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  upstream = await startUpstream(emptyResult);
  rig = await startGatewayRig({
    upstream: upstream.url,
    readFile: (path) => readFileSync(path, 'utf8'),
    env: {
      MCP_OAUTH_UPSTREAM_TOKEN_FILE: join(directory, 'token'),
      MCP_OAUTH_UPSTREAM_HEADER_FILES: `X-Api-Key=${join(directory, 'api-key')}`,
      MCP_OAUTH_IDENTITY_HEADERS:
        'X-User=subject,X-Client=client,X-Scopes=scopes,X-Email=claim.email,X-Phone=claim.phone',
      MCP_OAUTH_ASSERTION_HEADER: 'X-Doorman-Jwt-Assertion',
      MCP_OAUTH_ASSERTION_KEY_FILE: join(directory, 'key'),
    },
  });
});
afterEach(() => upstream.answerWith(emptyResult));
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
  rmSync(directory, { recursive: true, force: true });
});

function pem(): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Sends field lines as they are, under a good token unless they bring another. */
async function send(fields: readonly string[] = [], claims: Record<string, unknown> = {}) {
  const token = await rig.mint({ email: 'zoë@example.com', ...claims });
  const head = rawHead('/mcp', [
    `Host: 127.0.0.1:${rig.port}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${ping.length}`,
    ...fields,
  ]);
  return { token, answer: await rawExchange(rig.port, head + ping) };
}

describe('the MCP server behind the gateway', () => {
  it('is told who calls, and gets our credential instead of the client’s', async () => {
    const { token, answer } = await send();
    expect(answer.status).toBe(200);
    const { headers, rawHeaders } = upstream.last();
    expect(headers).toMatchObject({
      authorization: `Bearer ${canary}`,
      'x-api-key': `${canary}-key`,
      'x-user': 'alice',
      'x-client': 'tests',
      'x-scopes': 'mcp:access mcp:tools:read mcp:admin',
      'x-email': 'zo%C3%AB@example.com',
    });
    expect(headers).not.toHaveProperty('x-phone');
    expect(rawHeaders.join('\n')).not.toContain(token);
  });

  it.each([
    'X-User: root',
    'x-user: root',
    'X_User: root',
    'x_user: root',
    'X.User: root',
    'X-User-: root',
    'X--User: root',
    'X-Phone: root',
    'X_Phone: root',
    'X-Api-Key: root',
    'X_Api_Key: root',
    'X-Doorman-Jwt-Assertion: root',
    'X_Doorman_Jwt_Assertion: root',
    'Remote-User: root',
    'X-Forwarded-User: root',
    'Forwarded: for=root',
    'X-Original-URL: /root',
    'X-Rewrite-URL: /root',
    'Proxy-Authorization: Bearer root',
    'Cookie: user=root',
    'Mcp_User: root',
    'Http-X-User: root',
  ])('never reads what a client says about itself: %s', async (field) => {
    const { answer } = await send([field, field]);
    expect(answer.status).toBe(200);
    const { headers, rawHeaders } = upstream.last();
    expect(rawHeaders.join('\n')).not.toContain('root');
    expect(headers).toMatchObject({ 'x-user': 'alice', authorization: `Bearer ${canary}` });
    const names = rawHeaders.filter((_text, index) => index % 2 === 0);
    expect(names.filter((name) => /user$/i.test(name.replaceAll('_', '-')))).toEqual(['x-user']);
  });

  it('is told who calls whatever a client calls hop-by-hop', async () => {
    const { answer } = await send(['Connection: x-user, authorization, x-api-key']);
    expect(answer.status).toBe(200);
    expect(upstream.last().headers).toMatchObject({
      'x-user': 'alice',
      authorization: `Bearer ${canary}`,
    });
  });

  it('sees nothing of a caller who cannot be told in full', async () => {
    const before = upstream.arrivals.length;
    const { answer } = await send([], { sub: 'ä'.repeat(1_000) });
    expect(answer.status).toBe(403);
    expect(answer.headers.has('www-authenticate')).toBe(false);
    expect(upstream.arrivals).toHaveLength(before);
    expect(rig.log()).toContain('is longer than 4096');
  });

  it('does not give our credential away in its answers', async () => {
    upstream.answerWith((_incoming, outgoing, { headers }) => {
      outgoing.writeHead(500, { 'content-type': 'application/json' });
      const message = `not with ${headers.authorization} and ${headers['x-api-key']}`;
      outgoing.end(JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: 1, message } }));
    });
    const { answer } = await send();
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('Bearer *****');
    expect(answer.body).not.toContain(canary);
  });

  it.each([401, 403, 407])(
    'that refuses our credential by %i is 502 to the client',
    async (status) => {
      upstream.answerWith((_incoming, outgoing) => {
        outgoing.writeHead(status, { 'www-authenticate': 'Bearer realm="upstream"' }).end(canary);
      });
      const { answer } = await send();
      expect(answer.status).toBe(502);
      expect(answer.headers.has('www-authenticate')).toBe(false);
      expect(answer.body).not.toContain(canary);
    },
  );
});

describe('an assertion', () => {
  const keySet = (): string => `http://127.0.0.1:${rig.port}/.well-known/mcp-doorman/jwks.json`;

  it('is verified with the published key, and holds for this server alone', async () => {
    await send();
    const jwt = `${upstream.last().headers['x-doorman-jwt-assertion']}`;
    const keys = createRemoteJWKSet(new URL(keySet()));
    const { payload } = await jwtVerify(jwt, keys, {
      issuer: rig.resource,
      audience: upstream.url,
      algorithms: ['ES256'],
    });
    expect(payload).toMatchObject({
      sub: 'alice',
      client_id: 'tests',
      scope: 'mcp:access mcp:tools:read mcp:admin',
      idp: rig.idp.issuer,
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    await expect(jwtVerify(jwt, keys, { audience: rig.resource })).rejects.toThrow(/aud/);
  });

  it('cannot be used as a token here', async () => {
    await send();
    const jwt = upstream.last().headers['x-doorman-jwt-assertion'];
    const before = upstream.arrivals.length;
    const response = await fetch(rig.resource, {
      method: 'POST',
      headers: { authorization: `Bearer ${jwt}`, 'content-type': 'application/json' },
      body: ping,
    });
    expect(response.status).toBe(401);
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('publishes no private key', async () => {
    const response = await fetch(keySet());
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json');
    const { keys } = (await response.json()) as { keys: object[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ]);
  });

  it('has no key to publish where none is made', async () => {
    const plain = await startGatewayRig({ upstream: upstream.url, idp: rig.idp });
    const path = '/.well-known/mcp-doorman/jwks.json';
    expect((await fetch(new URL(path, plain.resource))).status).toBe(404);
    await plain.close();
  });

  it('is verified by the snippet of the docs', async () => {
    const page = readFileSync(new URL('../../docs/upstream-identity.md', import.meta.url), 'utf8');
    const [, snippet = ''] = /^```js\n(.*?)^```$/ms.exec(page) ?? [];
    const adapted = snippet
      .replace('https://mcp.example.com/mcp', rig.resource)
      .replace('http://127.0.0.1:9000/mcp', upstream.url)
      .replace('process.env.DOORMAN_JWKS', JSON.stringify(keySet()))
      .replace("'jose'", JSON.stringify(import.meta.resolve('jose')));
    const file = join(directory, 'snippet.mjs');
    writeFileSync(file, adapted);
    const { callerOf } = (await import(/* @vite-ignore */ file)) as {
      callerOf(headers: Record<string, unknown>): Promise<JWTPayload>;
    };
    await send();
    expect(await callerOf(upstream.last().headers)).toMatchObject({ sub: 'alice' });
    await expect(callerOf({})).rejects.toThrow();
  });
});

it('no credential stands in the log', () => {
  expect(rig.log()).toContain('refused');
  expect(rig.log()).not.toContain(canary);
  expect(rig.log()).not.toMatch(/eyJ[\w-]+\.eyJ/);
});
