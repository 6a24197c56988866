import { exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IntrospectionClient } from '../../src/core/issuer.ts';
import { failure } from '../../src/token/exchange.ts';
import { createIntrospection } from '../../src/token/introspection.ts';
import { createKeys } from '../../src/token/keys.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import {
  type FakeIssuer,
  fakeIssuer,
  signingKey,
  signText,
  testClient,
  testPorts,
  testProfile,
} from '../support/issuer.ts';
import { waiting } from '../support/waiting.ts';

let clock: ManualClock;
let idp: FakeIssuer;
let ports: ReturnType<typeof testPorts>;

function asking(client: IntrospectionClient = testClient, url: string = idp.introspectionUri) {
  const profile = testProfile(idp.issuer);
  const found = { ok: true as const, value: idp.jwksUri };
  const { issuer, algorithms } = profile;
  const keys = createKeys({ issuer, algorithms, locate: async () => found, ports });
  const endpoint = { ok: true as const, value: { url, authMethods: ['private_key_jwt'] } };
  return createIntrospection({ profile, client, locate: async () => endpoint, keys, ports });
}

const ask = (token = 'opaque') => asking()(token);
const sent = () => idp.introspections[0] ?? { headers: new Headers(), form: new URLSearchParams() };

function answering(status: number, body: string | null, type = 'application/json'): void {
  idp.introspect = () => new Response(body, { status, headers: { 'content-type': type } });
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  clock = manualClock();
  idp = await fakeIssuer({ clock });
  ports = testPorts(idp.fetch, clock);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the request', () => {
  it('authenticates with client_secret_basic, each part form-encoded', async () => {
    await ask();
    const credentials = atob(sent().headers.get('authorization')?.slice('Basic '.length) ?? '');
    expect(credentials).toBe('https%3A%2F%2Fmcp%2Eexample%2Fmcp:s3cret+%26+more+%2541');
    expect([...sent().form.keys()]).toEqual(['token']);
  });

  it('authenticates with client_secret_post', async () => {
    await asking({ ...testClient, method: 'client_secret_post' })('opaque');
    expect(sent().headers.has('authorization')).toBe(false);
    expect(Object.fromEntries(sent().form)).toEqual({
      token: 'opaque',
      client_id: testClient.clientId,
      client_secret: testClient.secret,
    });
  });

  it.each(['RS256', 'ES256', 'ES384', 'ES512', 'Ed25519'])(
    'authenticates with private_key_jwt by a PEM or JWK for %s, on our clock',
    async (alg) => {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const jwk = await exportJWK(privateKey);
      const secrets = [
        await exportPKCS8(privateKey),
        JSON.stringify(jwk),
        JSON.stringify({ ...jwk, alg, kid: 'ours' }),
      ];
      for (const secret of secrets)
        await asking({ ...testClient, method: 'private_key_jwt', secret })('opaque');
      expect(idp.introspections).toHaveLength(3);
      const now = clock.now() / 1_000;
      for (const { form, headers } of idp.introspections) {
        expect(headers.has('authorization')).toBe(false);
        const { payload } = await jwtVerify(form.get('client_assertion') ?? '', publicKey, {
          issuer: testClient.clientId,
          subject: testClient.clientId,
          audience: idp.issuer,
          currentDate: new Date(clock.now()),
        });
        expect(payload).toMatchObject({ iat: now, exp: now + 60, jti: expect.any(String) });
      }
      const last = idp.introspections[2]?.form.get('client_assertion')?.split('.')[0] ?? '';
      expect(JSON.parse(atob(last))).toEqual({ alg, kid: 'ours' });
    },
  );

  it.each(['a&token=b', '%41', 'a b+c', '"', '\u00e9', 'line\nbreak', 'x'.repeat(8_192)])(
    'carries the token unchanged: %j',
    async (token) => {
      await ask(token);
      expect(sent().form.getAll('token')).toEqual([token]);
    },
  );

  it('asks for a signed answer, takes a plain one, follows no redirect', async () => {
    const fetch = vi.spyOn(ports, 'fetch');
    await ask();
    expect(sent().headers.get('accept')).toBe(
      'application/token-introspection+jwt, application/json;q=0.9',
    );
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ method: 'POST', redirect: 'manual' });
  });

  it('goes over plain http where the operator put the endpoint there', async () => {
    const fetch = vi.spyOn(ports, 'fetch');
    await asking(testClient, 'http://keycloak:8080/introspect')('opaque');
    expect(fetch.mock.calls[0]?.[0]).toBe('http://keycloak:8080/introspect');
  });

  it('is not sent while nobody knows where to', async () => {
    const profile = testProfile(idp.issuer);
    const nowhere = failure('no usable metadata', 7_000);
    const locate = async () => nowhere;
    const keys = createKeys({ issuer: idp.issuer, algorithms: ['ES256'], locate, ports });
    const lost = createIntrospection({ profile, client: testClient, locate, keys, ports });
    expect(await lost('opaque')).toBe(nowhere);
    expect(idp.requests).toEqual([]);
  });
});

describe('the answer', () => {
  it('is what the issuer says of an active token', async () => {
    const answer = { active: true, sub: 'alice', scope: ['a'], exp: 1.5, more: { deep: [null] } };
    idp.answers.set('opaque', answer);
    expect(await ask()).toEqual({ ok: true, value: answer });
    expect(await ask('other')).toEqual({ ok: true, value: 'inactive' });
  });

  it.each(['true', '"true"', '1', 'null', '[true]', '{}'])(
    'that says active %s is no answer, unless exactly true',
    async (active) => {
      answering(200, `{"active":${active},"sub":"alice"}`);
      expect((await ask()).ok).toBe(active === 'true');
    },
  );

  it.each([
    ['two members of one name', '{"active":false,"active":true}', 'no JSON object'],
    ['two nested ones', '{"active":true,"act":{"sub":"a","sub":"b"}}', 'no JSON object'],
    ['one spelt with an escape', '{"active":false,"\\u0061ctive":true}', 'no JSON object'],
    ['a member __proto__', '{"active":true,"__proto__":{"sub":"root"}}', 'no JSON object'],
    ['only in a prototype', '{"__proto__":{"active":true}}', 'no JSON object'],
    ['no member active', '{"sub":"alice"}', 'active is neither true nor false'],
    ['an array', '[{"active":true}]', 'no JSON object'],
    ['a log-in page', '<html>log in</html>', 'no JSON object'],
    ['half a document', '{"active":true', 'no JSON object'],
    ['nothing', '', 'no JSON object'],
    ['a byte order mark', '\ufeff{"active":true}', 'no JSON object'],
  ])('with %s is no answer', async (_, body, got) => {
    answering(200, body);
    expect(await ask()).toMatchObject({ ok: false, got });
  });

  it.each([
    ['application/json', '{"error":"unsupported_token_type"}'],
    ['application/json', '{"error":"invalid_request"}'],
    ['text/html', '<html>bad request</html>'],
    ['text/plain', null],
  ])('of 400 means a token that cannot be introspected (%s %s)', async (type, body) => {
    answering(400, body, type);
    expect(await ask()).toEqual({ ok: true, value: 'inactive' });
    expect(ports.log.lines).toEqual([]);
  });

  it.each([
    [401, '{"error":"invalid_client"}', 'status 401: our own client was refused'],
    [401, '', 'status 401: our own client was refused'],
    [403, '<html>', 'status 403: our own client was refused'],
    [400, '{"error":"invalid_client"}', 'status 400: our own client was refused'],
    [400, '{"error":"unauthorized_client"}', 'status 400: our own client was refused'],
  ])('of %i %s is about our own client, and is said aloud', async (status, body, got) => {
    answering(status, body);
    expect(await ask()).toMatchObject({ ok: false, got });
    const { clientId, method } = testClient;
    const set = expect.stringContaining('MCP_OAUTH_CLIENT_SECRET');
    const fields = {
      issuer: idp.issuer,
      got,
      clientId,
      method,
      supported: ['private_key_jwt'],
      set,
    };
    expect(ports.log.lines).toEqual([
      { level: 'error', event: 'introspection_client_refused', fields },
    ]);
  });

  it.each([
    ['down', 'no answer: ECONNREFUSED'],
    ['error', 'status 500'],
    ['garbage', 'no JSON object'],
    ['truncated', 'no JSON object'],
    ['html', 'no JSON object'],
    ['array', 'no JSON object'],
    ['oversized', 'more than 262144 bytes'],
    ['redirect', 'status 302'],
  ] as const)('of an endpoint that suffers from "%s" is no answer', async (fault, got) => {
    idp.faults.introspection = fault;
    expect(await ask()).toMatchObject({ ok: false, got, retryAfterMs: 0 });
  });

  it('that asks us to stay away says for how long', async () => {
    idp.faults.introspection = 'busy';
    expect(await ask()).toMatchObject({ ok: false, got: 'status 429', retryAfterMs: 120_000 });
  });

  it.each(['slow', 'drip'] as const)('is waited for no longer than 3 s ("%s")', async (fault) => {
    idp.faults.introspection = fault;
    const outcome = ask();
    await vi.waitFor(() => expect(idp.introspections).toHaveLength(1), waiting);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await outcome).toMatchObject({ ok: false, got: 'no answer within 3000 ms' });
  });
});

describe('a signed answer', () => {
  const answer = { active: true, sub: 'alice' };
  const claims = () => ({
    iss: idp.issuer,
    aud: testClient.clientId,
    iat: clock.now() / 1_000,
    token_introspection: answer,
  });
  const type = 'application/token-introspection+jwt';

  async function signing(
    change: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
    key = idp.signing,
  ): Promise<void> {
    const head = { typ: 'token-introspection+jwt', kid: idp.signing.kid, ...header };
    const jwt = await signText(JSON.stringify({ ...claims(), ...change }), head, key);
    answering(200, jwt, `${type}; charset=utf-8`);
  }

  it("counts by the issuer's key, for us alone or among others", async () => {
    await signing();
    expect(await ask()).toEqual({ ok: true, value: answer });
    await signing({ aud: ['other', testClient.clientId] });
    expect(await ask()).toEqual({ ok: true, value: answer });
    await signing({ token_introspection: { active: false } });
    expect(await ask()).toEqual({ ok: true, value: 'inactive' });
  });

  it('may be longer than a token', async () => {
    await signing({ token_introspection: { ...answer, groups: 'g'.repeat(100_000) } });
    expect((await ask()).ok).toBe(true);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://evil.example' }, {}],
    ['no issuer', { iss: undefined }, {}],
    ['another audience', { aud: 'https://other.example' }, {}],
    ['no audience', { aud: undefined }, {}],
    ['no answer', { token_introspection: undefined }, {}],
    ['an answer that is a list', { token_introspection: [answer] }, {}],
    ['an answer at the top', { token_introspection: undefined, ...answer }, {}],
    ['active as text', { token_introspection: { active: 'true' } }, {}],
    ['the typ of an access token', {}, { typ: 'at+jwt' }],
    ['the typ JWT', {}, { typ: 'JWT' }],
    ['no typ', {}, { typ: undefined }],
    ['an unknown key', {}, { kid: 'other' }],
    ['no signature', {}, { alg: 'none' }],
    ['an HMAC', {}, { alg: 'HS256' }],
    ['an extension', {}, { crit: ['x'], x: 1 }],
  ])('with %s is no answer', async (_, change, header) => {
    await signing(change, header);
    expect(await ask()).toMatchObject({ ok: false, got: expect.any(String) });
  });

  it('of a foreign key is no answer', async () => {
    await signing({}, {}, await signingKey('key-1'));
    expect(await ask()).toMatchObject({
      ok: false,
      got: expect.stringContaining('signature_invalid'),
    });
  });

  it('is no answer while the keys cannot be had', async () => {
    await signing();
    idp.faults.jwks = 'error';
    expect(await ask()).toMatchObject({ ok: false });
  });

  it.each([
    ['encrypted', 'eyJhbGciOiJkaXIifQ..a.b.c'],
    ['no JWT', '{"active":true}'],
    ['with repeated members', null],
  ])('is no answer when it is %s', async (_, body) => {
    const { token_introspection: _answer, ...rest } = claims();
    const payload = `${JSON.stringify(rest).slice(0, -1)},"token_introspection":{"active":false,"active":true}}`;
    const header = { typ: 'token-introspection+jwt', kid: idp.signing.kid };
    answering(200, body ?? (await signText(payload, header, idp.signing)), type);
    expect(await ask()).toMatchObject({ ok: false });
  });
});

describe('our own secret', () => {
  const encodings = (secret: string) => [secret, encodeURIComponent(secret), btoa(secret)];

  it.each(['client_secret_basic', 'client_secret_post'] as const)(
    'is in no log line and no outcome, whatever goes wrong (%s)',
    async (method) => {
      const said: unknown[] = [];
      const inquire = asking({ ...testClient, method });
      for (const status of [200, 400, 401, 403, 500]) {
        idp.introspect = (form, headers) =>
          Response.json(
            {
              error: 'invalid_client',
              ...Object.fromEntries(form),
              ...Object.fromEntries(headers),
            },
            { status },
          );
        said.push(await inquire('opaque'));
      }
      const everything = JSON.stringify([said, ports.log.lines]);
      for (const text of encodings(testClient.secret)) expect(everything).not.toContain(text);
    },
  );

  const pem = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----';
  const encryptionKey = async () => {
    const { privateKey } = await generateKeyPair('RSA-OAEP', { extractable: true });
    return JSON.stringify({ ...(await exportJWK(privateKey)), alg: 'RSA-OAEP' });
  };

  it.each<[string, () => Promise<string>]>([
    ['is for encryption', encryptionKey],
    ['is no key inside', async () => pem],
    ['is half a key', async () => '{"kty":"EC","crv":"P-256","d":"c2VjcmV0"}'],
  ])('that %s is an outage, said aloud without the key', async (_, make) => {
    const secret = await make();
    const outcome = await asking({ ...testClient, method: 'private_key_jwt', secret })('opaque');
    expect(outcome).toMatchObject({ ok: false, got: 'our own client cannot sign for itself' });
    expect(ports.log.lines).toMatchObject([
      { level: 'error', event: 'introspection_client_refused' },
    ]);
    const everything = JSON.stringify([outcome, ports.log.lines]);
    for (const part of secret.match(/[\w-]{8,}/g) ?? [])
      if (!/^(?:-+BEGIN|-*END|PRIVATE)/.test(part)) expect(everything).not.toContain(part);
    expect(idp.introspections).toEqual([]);
  });
});
