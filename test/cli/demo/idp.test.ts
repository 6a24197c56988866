import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { createRemoteJWKSet, importJWK, jwtVerify, SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBrowser, type LoginAnswer } from '../../../src/cli/demo/browser.ts';
import { type Idp, type IdpOptions, startIdp } from '../../../src/cli/demo/idp.ts';

const resource = 'http://localhost:4000/mcp';
const redirectUri = 'http://127.0.0.1:33418/callback';
const scopes = ['notes:read', 'notes:write', 'notes:admin'];
const running: Idp[] = [];

async function idp(options: Partial<IdpOptions> = {}): Promise<Idp> {
  const started = await startIdp({ resource, scopes, ...options });
  running.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((started) => started.close()));
  vi.restoreAllMocks();
});

function post(url: string, body: URLSearchParams | object): Promise<Response> {
  const form = body instanceof URLSearchParams;
  return fetch(url, {
    method: 'POST',
    body: form ? body : JSON.stringify(body),
    ...(!form && { headers: { 'content-type': 'application/json' } }),
  });
}

async function register({ issuer }: Idp, metadata: object = {}): Promise<string> {
  const body = { redirect_uris: [redirectUri], token_endpoint_auth_method: 'none', ...metadata };
  const response = await post(`${issuer}/reg`, body);
  expect(response.status).toBe(201);
  return ((await response.json()) as { client_id: string }).client_id;
}

interface Login {
  readonly clientId: string;
  /** Query members of the authorization request beside the usual ones; `null` leaves one out. */
  readonly query?: Readonly<Record<string, string | null>>;
  readonly answer?: Partial<LoginAnswer>;
  readonly browser?: ReturnType<typeof createBrowser>;
}

async function logIn({ issuer }: Idp, login: Login): Promise<{ code: string; verifier: string }> {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${issuer}/auth`);
  const query: Record<string, string | null> = {
    response_type: 'code',
    client_id: login.clientId,
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource,
    scope: 'notes:read notes:write',
    ...login.query,
  };
  for (const [name, value] of Object.entries(query))
    if (value !== null) url.searchParams.set(name, value);
  const browser = login.browser ?? createBrowser(fetch);
  const callback = await browser.logIn(url, { name: 'Ada', redirectUri, ...login.answer });
  return { code: callback.searchParams.get('code') ?? callback.search, verifier };
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scope: string;
}

async function redeem(server: Idp, login: Login): Promise<Tokens> {
  const { code, verifier } = await logIn(server, login);
  const response = await post(
    `${server.issuer}/token`,
    new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: login.clientId,
      redirect_uri: redirectUri,
      code,
      code_verifier: verifier,
    }),
  );
  expect(response.status).toBe(200);
  return (await response.json()) as Tokens;
}

function verify({ issuer }: Idp, token: string) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  return jwtVerify(token, keys, { issuer, audience: resource, typ: 'at+jwt' });
}

describe('startIdp', () => {
  it('issues a signed JWT access token for the resource, with the scopes asked for', async () => {
    const server = await idp({ accessTokenTtlSeconds: 90 });
    const clientId = await register(server);
    const { access_token: token } = await redeem(server, { clientId });
    const { payload, protectedHeader } = await verify(server, token);
    expect(protectedHeader.alg).toBe('RS256');
    expect(payload).toMatchObject({
      sub: 'Ada',
      aud: resource,
      client_id: clientId,
      scope: 'notes:read notes:write',
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(90);
  });

  it('lets a client step up beyond the scope it registered with', async () => {
    const server = await idp();
    const clientId = await register(server, { scope: 'notes:read' });
    const browser = createBrowser(fetch);
    const first = await redeem(server, { clientId, browser, query: { scope: 'notes:read' } });
    expect(first.scope).toBe('notes:read');
    const query = { scope: 'notes:read notes:admin', prompt: 'consent' };
    const second = await redeem(server, { clientId, browser, query });
    expect(second.scope).toBe('notes:read notes:admin');
  });

  it('keeps the name of a user who is logged in already', async () => {
    const server = await idp();
    const clientId = await register(server);
    const browser = createBrowser(fetch);
    await redeem(server, { clientId, browser });
    const again = await redeem(server, { clientId, browser, answer: { name: 'Mallory' } });
    expect((await verify(server, again.access_token)).payload.sub).toBe('Ada');
  });

  it('offers every scope to a client that asks for none', async () => {
    const server = await idp();
    const clientId = await register(server);
    const { scope } = await redeem(server, { clientId, query: { scope: null } });
    expect(scope).toBe(scopes.join(' '));
  });

  it('leaves out what the user withholds', async () => {
    const server = await idp();
    const clientId = await register(server);
    const { scope } = await redeem(server, { clientId, answer: { withhold: ['notes:write'] } });
    expect(scope).toBe('notes:read');
  });

  it('grants nothing that was not asked for, whatever the form says', async () => {
    const server = await idp();
    const clientId = await register(server);
    const greedy = createBrowser((url, init) => {
      if (init?.body instanceof URLSearchParams) init.body.append('scope', 'notes:admin');
      return fetch(url, init);
    });
    const { scope } = await redeem(server, { clientId, browser: greedy });
    expect(scope).toBe('notes:read notes:write');
  });

  it.each([
    ['denies', (form: URLSearchParams) => form.set('answer', 'deny')],
    ['allows no scope at all', (form: URLSearchParams) => form.delete('scope')],
  ])('sends the client away with access_denied when the user %s', async (_case, change) => {
    const server = await idp();
    const clientId = await register(server);
    const browser = createBrowser((url, init) => {
      if (init?.body instanceof URLSearchParams) change(init.body);
      return fetch(url, init);
    });
    const { code } = await logIn(server, { clientId, browser });
    expect(code).toContain('error=access_denied');
  });

  it.each([
    ['is empty', '  '],
    ['is longer than 64 characters', 'x'.repeat(65)],
    ['makes the form too large to read', 'x'.repeat(10_000)],
  ])('asks again for a name that %s', async (_case, name) => {
    const server = await idp();
    const clientId = await register(server);
    await expect(logIn(server, { clientId, answer: { name } })).rejects.toThrow('answered 400');
  });

  it('rotates refresh tokens: the old one is spent', async () => {
    const server = await idp();
    const clientId = await register(server);
    const { refresh_token: first } = await redeem(server, { clientId });
    const refresh = (token: string) =>
      post(
        `${server.issuer}/token`,
        new URLSearchParams({
          grant_type: 'refresh_token',
          client_id: clientId,
          refresh_token: token,
        }),
      );
    const renewed = await refresh(first);
    expect(renewed.status).toBe(200);
    const { access_token: token, refresh_token: second } = (await renewed.json()) as Tokens;
    expect((await verify(server, token)).payload.scope).toBe('notes:read notes:write');
    expect(second).not.toBe(first);
    expect((await refresh(first)).status).toBe(400);
  });

  it.each([
    ['PKCE is missing', { code_challenge: null, code_challenge_method: null }, 'invalid_request'],
    ['PKCE is plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['the resource is another', { resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
    ['a scope is unknown', { scope: 'notes:root' }, 'access_denied'],
  ])('refuses an authorization request when %s', async (_case, query, error) => {
    const server = await idp();
    const clientId = await register(server);
    const { code } = await logIn(server, { clientId, query });
    expect(code).toContain(`error=${error}`);
  });

  it.each([
    ['https://evil.example/callback'],
    ['http://evil.example/callback'],
    ['http://localhost.evil.example/'],
    ['https://vscode.dev/redirect/../evil'],
    ['javascript:alert(1)'],
    ['not a url'],
  ])('registers no client that leads to %s', async (uri) => {
    const { issuer } = await idp();
    const response = await post(`${issuer}/reg`, { redirect_uris: [redirectUri, uri] });
    expect(response.status).toBe(400);
  });

  it.each([
    ['http://localhost:6274/oauth/callback'],
    ['http://127.0.0.1/'],
    ['http://[::1]:8080/callback'],
    ['https://vscode.dev/redirect'],
    ['cursor://anysphere.cursor-mcp/oauth/callback'],
  ])('registers a client that leads to %s', async (uri) => {
    await register(await idp(), { redirect_uris: [uri] });
  });

  it('needs neither page nor cookies with autoLogin', async () => {
    const server = await idp({ autoLogin: 'robot' });
    const clientId = await register(server);
    let requests = 0;
    const browser = createBrowser((url, init) => {
      requests += 1;
      return fetch(url, init);
    });
    const query = { prompt: 'consent' };
    const { access_token: token } = await redeem(server, { clientId, browser, query });
    expect((await verify(server, token)).payload.sub).toBe('robot');
    expect(requests).toBe(1);
  });

  it('hands out the key it signs with, made anew for each run', async () => {
    const [one, other] = await Promise.all([idp(), idp()]);
    const key = await importJWK(one.signingKey, 'RS256');
    const header = { alg: 'RS256', kid: String(one.signingKey.kid), typ: 'at+jwt' };
    const claims = { iss: one.issuer, aud: resource };
    const token = await new SignJWT(claims).setProtectedHeader(header).sign(key);
    await expect(verify(one, token)).resolves.toMatchObject({ payload: claims });
    await expect(verify({ ...other, issuer: other.issuer }, token)).rejects.toThrow();
    expect(other.signingKey.n).not.toBe(one.signingKey.n);
  });

  it('serves browsers: CORS on discovery, keys, registration and tokens', async () => {
    const { issuer } = await idp();
    for (const path of ['/.well-known/oauth-authorization-server', '/jwks', '/reg', '/token']) {
      const response = await fetch(`${issuer}${path}`, {
        method: 'OPTIONS',
        headers: {
          origin: 'http://localhost:6274',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,mcp-protocol-version',
        },
      });
      expect(response.headers.get('access-control-allow-origin'), path).toBeTruthy();
    }
  });

  it('answers to no other name than its own', async () => {
    const { port } = new URL((await idp()).issuer);
    const status = await new Promise((resolve) => {
      const headers = { host: `evil.example:${port}` };
      request({ port, host: '127.0.0.1', path: '/jwks', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(421);
  });

  it('sends the login page with a policy that runs nothing and with no store', async () => {
    const server = await idp();
    const clientId = await register(server, { client_name: '<b>bold</b>' });
    const pages: Response[] = [];
    const browser = createBrowser(async (url, init) => {
      const response = await fetch(url, init);
      if (response.status === 200) pages.push(response.clone());
      return response;
    });
    await redeem(server, { clientId, browser });
    const [page] = pages;
    expect(page?.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page?.headers.get('cache-control')).toBe('no-store');
    expect(await page?.text()).toContain('&lt;b&gt;bold&lt;/b&gt; wants to use your notes');
  });

  it('prints nothing of its own', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const info = vi.spyOn(console, 'info').mockImplementation(() => {});
    const server = await idp();
    await redeem(server, { clientId: await register(server) });
    expect(warn).not.toHaveBeenCalled();
    expect(info).not.toHaveBeenCalled();
  });

  it('says when its port is taken', async () => {
    const { issuer } = await idp();
    const port = Number(new URL(issuer).port);
    await expect(startIdp({ resource, scopes, port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

describe('an identity provider with opaque tokens', () => {
  const introspector = { clientId: 'gateway', clientSecret: 'secret' };

  function introspect(server: Idp, token: string, secret: string): Promise<Response> {
    return fetch(`${server.issuer}/token/introspection`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`gateway:${secret}`)}` },
      body: new URLSearchParams({ token }),
    });
  }

  it('tells the resource server, and nobody else, what a token is good for', async () => {
    const server = await idp({ accessTokenFormat: 'opaque', introspector, autoLogin: 'Ada' });
    const clientId = await register(server);
    const { access_token: token } = await redeem(server, { clientId });
    expect(token).toMatch(/^[\w-]+$/);
    expect(await (await introspect(server, token, 'secret')).json()).toMatchObject({
      active: true,
      iss: server.issuer,
      aud: resource,
      sub: 'Ada',
      scope: 'notes:read notes:write',
    });
    expect((await introspect(server, token, 'guess')).status).toBe(401);
    const own = await post(
      `${server.issuer}/token/introspection`,
      new URLSearchParams({ token, client_id: clientId }),
    );
    expect(await own.json()).toEqual({ active: false });
  });

  it('has no introspection where no resource server is named', async () => {
    const server = await idp();
    expect((await introspect(server, 'token', 'secret')).status).toBe(404);
  });
});
