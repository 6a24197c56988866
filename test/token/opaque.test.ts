import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrustedIssuer } from '../../src/core/issuer.ts';
import { createVerifier, type Verifier } from '../../src/token/verifier.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import {
  accessTokenClaims,
  type FakeIssuer,
  fakeIssuer,
  testClient,
  testPorts,
  trusting,
} from '../support/issuer.ts';
import { waiting } from '../support/waiting.ts';

let clock: ManualClock;
let idp: FakeIssuer;
let ports: ReturnType<typeof testPorts>;
let verifier: Verifier;

function start(more: Partial<TrustedIssuer> = {}): void {
  const issuers = [trusting(idp.issuer, { client: testClient, ...more })];
  verifier = createVerifier({ issuers, staticTokens: [], ports });
}

/** What the issuer says of an active token. */
function answer(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    active: true,
    token_type: 'Bearer',
    ...accessTokenClaims(idp.issuer, clock.now()),
    ...more,
  };
}

const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    ({ code }) => code,
  );
const refusal = (token: string) => outcome(verifier.verify(token));
const recheck = (token: string) => outcome(verifier.recheck(token));
const asked = () => idp.introspections.length;
const events = () => ports.log.lines.map(({ event }) => event);

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  clock = manualClock();
  idp = await fakeIssuer({ clock });
  idp.answers.set('opaque', answer());
  ports = testPorts(idp.fetch, clock);
  start();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an opaque token', () => {
  it('is what its issuer says of it', async () => {
    expect(await verifier.verify('opaque')).toMatchObject({
      issuer: idp.issuer,
      subject: 'alice',
      scopes: new Set(['mcp:access', 'mcp:tools:read']),
    });
    expect(await refusal('other')).toBe('token_inactive');
  });

  it.each([
    'opaque.with.dots',
    'ya29.c.b0Aaekm1K',
    'eyJhbGciOiJkaXIifQ..aa.bb.cc',
    'one',
    'a.b',
    'x'.repeat(8_192),
  ])('is whatever is no signed JWT: %s', async (token) => {
    expect(await refusal(token)).toBe('token_inactive');
    expect(idp.introspections[0]?.form.get('token')).toBe(token);
  });

  it('of 9 kB is refused before anybody is asked', async () => {
    expect(await refusal('x'.repeat(9_000))).toBe('token_malformed');
    expect(idp.requests).toEqual([]);
  });

  it('is asked about once by 500 requests at the same moment', async () => {
    const codes = await Promise.all(Array.from({ length: 500 }, () => refusal('opaque')));
    expect(new Set(codes)).toEqual(new Set(['accepted']));
    expect(asked()).toBe(1);
  });

  it('is asked about 50 at a time, the rest is 503 at once', async () => {
    await verifier.verify('opaque');
    idp.faults.introspection = 'slow';
    const codes = Promise.all(Array.from({ length: 500 }, (_, i) => refusal(`new-${i}`)));
    await vi.waitFor(() => expect(asked()).toBe(51), waiting);
    expect(await refusal('opaque')).toBe('accepted');
    idp.release();
    const counted = (await codes).filter((code) => code === 'token_inactive');
    expect(counted).toHaveLength(50);
    expect((await codes).filter((code) => code === 'issuer_unavailable')).toHaveLength(450);
    expect(asked()).toBe(51);
  });

  it('is asked about again after 30 seconds, so that a revocation counts', async () => {
    await refusal('opaque');
    idp.answers.delete('opaque');
    clock.advance(30_000 - 1);
    expect(await refusal('opaque')).toBe('accepted');
    expect(asked()).toBe(1);
    clock.advance(1);
    expect(await refusal('opaque')).toBe('token_inactive');
    expect(asked()).toBe(2);
  });

  it('ends with its expiry, cached or not', async () => {
    idp.answers.set('short', answer({ exp: clock.now() / 1_000 - 20 }));
    expect(await refusal('short')).toBe('accepted');
    clock.advance(10_000);
    expect(await refusal('short')).toBe('token_expired');
  });

  it('that is refused is asked about again after 10 seconds', async () => {
    expect(await refusal('late')).toBe('token_inactive');
    idp.answers.set('late', answer());
    clock.advance(10_000 - 1);
    expect(await refusal('late')).toBe('token_inactive');
    expect(asked()).toBe(1);
    clock.advance(1);
    expect(await refusal('late')).toBe('accepted');
  });

  it('does not lock out its neighbour of almost the same text', async () => {
    expect(await refusal('opaqu')).toBe('token_inactive');
    expect(await refusal('opaquf')).toBe('token_inactive');
    expect(await refusal('opaque')).toBe('accepted');
  });

  it('is not revived and not asked about in a rush by a wall clock that jumps', async () => {
    await refusal('opaque');
    clock.jump(-3_600_000);
    expect(await refusal('opaque')).toBe('accepted');
    expect(asked()).toBe(1);
  });

  it.each<['jwt' | 'auto', typeof testClient | null]>([
    ['auto', null],
    ['jwt', testClient],
    ['jwt', null],
  ])('is malformed where nobody may be asked (%s)', async (validation, client) => {
    start({ validation, client });
    const error = await verifier.verify('opaque').catch((caught) => caught);
    expect(error).toMatchObject({ code: 'token_malformed' });
    expect(error.detail.set).toMatch(/MCP_OAUTH_CLIENT_ID and MCP_OAUTH_CLIENT_SECRET/);
    expect(idp.requests).toEqual([]);
  });
});

describe('a JWT', () => {
  it('goes by its signature alone where validation is auto', async () => {
    expect(await refusal(await idp.mint())).toBe('accepted');
    const [header, payload] = (await idp.mint()).split('.');
    const forged = `${header}.${payload}.AAAA`;
    idp.answers.set(forged, answer());
    expect(await refusal(forged)).toBe('signature_invalid');
    expect(await refusal(`${header}.${payload}.AAB`)).toBe('token_malformed');
    expect(await refusal(await idp.mint({}, { kid: 'unknown' }))).toBe('key_unknown');
    expect(asked()).toBe(0);
  });

  it.each(['.', '..', '='])('is not turned into an opaque token by %s at its end', async (end) => {
    const respelt = `${await idp.mint()}${end}`;
    idp.answers.set(respelt, answer());
    expect(await refusal(respelt)).toBe('token_malformed');
    expect(asked()).toBe(0);
  });

  it('goes by introspection alone where that is set, and needs no keys', async () => {
    start({ validation: 'introspection' });
    idp.faults.jwks = 'error';
    const token = await idp.mint();
    expect(await refusal(token)).toBe('token_inactive');
    const next = await idp.mint({ jti: '2' });
    idp.answers.set(next, answer());
    expect(await refusal(next)).toBe('accepted');
    expect(idp.jwksRequests()).toBe(0);
  });

  it('of a foreign issuer is shown to nobody', async () => {
    start({ validation: 'introspection' });
    expect(await refusal(await idp.mint({ iss: 'https://evil.example' }))).toBe('issuer_untrusted');
    expect(idp.requests).toEqual([]);
  });

  it('is refused where the issuer hands out opaque tokens only', async () => {
    const { profile } = trusting(idp.issuer);
    start({ profile: { ...profile, kinds: ['opaque'] } });
    expect(await refusal(await idp.mint())).toBe('type_denied');
    expect(await refusal('opaque')).toBe('accepted');
    expect(asked()).toBe(1);
  });
});

describe('recheck', () => {
  it('asks the issuer at each call, whatever is remembered', async () => {
    await refusal('opaque');
    expect(await recheck('opaque')).toBe('accepted');
    expect(await recheck('opaque')).toBe('accepted');
    expect(asked()).toBe(3);
    idp.answers.delete('opaque');
    expect(await recheck('opaque')).toBe('token_inactive');
    expect(await refusal('opaque')).toBe('token_inactive');
    expect(asked()).toBe(4);
  });

  it('asks about a JWT after its signature', async () => {
    const token = await idp.mint();
    expect(await refusal(token)).toBe('accepted');
    expect(await recheck(token)).toBe('token_inactive');
    const [header, payload] = (await idp.mint({ jti: '2' })).split('.');
    expect(await recheck(`${header}.${payload}.AAAA`)).toBe('signature_invalid');
    expect(asked()).toBe(1);
  });

  it('leaves a JWT the scopes that both it and the issuer name', async () => {
    const token = await idp.mint({ scope: 'a b' });
    idp.answers.set(token, answer({ scope: 'b c' }));
    expect((await verifier.recheck(token)).scopes).toEqual(new Set(['b']));
    expect((await verifier.verify(token)).scopes).toEqual(new Set(['a', 'b']));
  });

  it('works where tokens are otherwise verified by signature alone', async () => {
    start({ validation: 'jwt' });
    const token = await idp.mint();
    idp.answers.set(token, answer());
    expect(await recheck(token)).toBe('accepted');
    expect(asked()).toBe(1);
  });

  it('is an outage while the issuer fails, though the token is remembered', async () => {
    await refusal('opaque');
    idp.faults.introspection = 'error';
    expect(await recheck('opaque')).toBe('issuer_unavailable');
    expect(await refusal('opaque')).toBe('accepted');
  });

  it('is an outage where the issuer cannot be asked, and says what to set', async () => {
    start({ client: null });
    const error = await verifier.recheck(await idp.mint()).catch((caught) => caught);
    expect(error.code).toBe('issuer_unavailable');
    expect(error.detail.set).toMatch(/MCP_OAUTH_CLIENT_ID/);
  });

  it('does not join a call that began before', async () => {
    idp.faults.introspection = 'slow';
    const first = refusal('opaque');
    await vi.waitFor(() => expect(asked()).toBe(1), waiting);
    idp.answers.delete('opaque');
    const second = recheck('opaque');
    await vi.waitFor(() => expect(asked()).toBe(2), waiting);
    idp.release();
    expect([await first, await second]).toEqual(['accepted', 'token_inactive']);
  });

  it('refuses what is too long before it is hashed', async () => {
    expect(await recheck('x'.repeat(9_000))).toBe('token_malformed');
  });
});

describe('an issuer that fails', () => {
  it.each(['down', 'error', 'busy', 'garbage', 'html', 'array', 'oversized', 'redirect'] as const)(
    'with "%s" is 503, and remembered tokens pass',
    async (fault) => {
      await refusal('opaque');
      idp.faults.introspection = fault;
      for (let i = 0; i < 100; i++) expect(await refusal(`new-${i}`)).toBe('issuer_unavailable');
      expect(asked()).toBeLessThanOrEqual(1 + 5 + 1);
      expect(await refusal('opaque')).toBe('accepted');
      clock.advance(30_000);
      expect(await refusal('opaque')).toBe('issuer_unavailable');
    },
  );

  it('says when to come back, and is tried first then', async () => {
    idp.faults.introspection = 'busy';
    await expect(verifier.verify('a')).rejects.toMatchObject({ retryAfterSeconds: 120 });
    clock.advance(60_000);
    await expect(verifier.verify('b')).rejects.toMatchObject({ retryAfterSeconds: 60 });
    idp.faults.introspection = null;
    clock.advance(60_000);
    expect(await refusal('opaque')).toBe('accepted');
    expect(asked()).toBe(1 + 1 + 1);
  });

  it('is not cut off by tokens that it, or a filter before it, chokes on', async () => {
    const { introspect } = idp;
    idp.introspect = (form, headers) =>
      form.get('token')?.startsWith('../')
        ? new Response('blocked', { status: 403 })
        : introspect(form, headers);
    for (let i = 0; i < 100; i++) {
      expect(await refusal(`../../etc/passwd-${i}`)).toBe('issuer_unavailable');
      idp.answers.set(`new-${i}`, answer());
      if (i % 10 === 9) expect(await refusal(`new-${i}`)).toBe('accepted');
    }
    expect(events()).not.toContain('introspection_suspended');
    expect(await verifier.ready()).toBe(true);
  });

  it('does not fail for tokens that it cannot introspect, however many', async () => {
    idp.introspect = (form) =>
      form.get('token') === 'opaque'
        ? Response.json(answer())
        : Response.json({ error: 'unsupported_token_type' }, { status: 400 });
    for (let i = 0; i < 100; i++) expect(await refusal(`odd-${i}`)).toBe('token_inactive');
    expect(await refusal('opaque')).toBe('accepted');
    expect(events()).toEqual([]);
  });

  it('that refuses our client is 503 and not ready, until it takes it again', async () => {
    expect(await verifier.ready()).toBe(true);
    const { introspect } = idp;
    idp.introspect = () => Response.json({ error: 'invalid_client' }, { status: 401 });
    expect(await refusal('opaque')).toBe('issuer_unavailable');
    expect(await verifier.ready()).toBe(false);
    expect(events()).toContain('introspection_client_refused');
    idp.introspect = introspect;
    clock.advance(1_000);
    expect(await verifier.ready()).toBe(true);
    expect(await refusal('opaque')).toBe('accepted');
  });

  it('is found out by readiness before any request comes', async () => {
    idp.introspect = () => new Response(null, { status: 403 });
    expect(await verifier.ready()).toBe(false);
    expect(asked()).toBe(1);
  });

  it('by a slow answer holds nobody longer than 3 s', async () => {
    idp.faults.introspection = 'slow';
    const pending = refusal('opaque');
    await vi.waitFor(() => expect(asked()).toBe(1), waiting);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await pending).toBe('issuer_unavailable');
  });

  it('to publish its introspection endpoint is 503 with what to set', async () => {
    for (const [url, document] of idp.documents) {
      const { introspection_endpoint: _, ...rest } = document as Record<string, unknown>;
      idp.documents.set(url, rest);
    }
    const error = await verifier.verify('opaque').catch((caught) => caught);
    expect(error.code).toBe('issuer_unavailable');
    expect(error.detail.got).toMatch(/MCP_OAUTH_INTROSPECTION_URI/);
  });
});

describe('endpoints that the operator set', () => {
  const jwks = 'http://keycloak:8080/jwks';
  const introspection = 'http://keycloak:8080/introspect';
  const discovery = 'http://keycloak:8080/discover';
  const none = { discovery: null, jwks: null, introspection: null };

  /** The issuer under its inner name. */
  function startWith(endpoints: TrustedIssuer['endpoints']): string[] {
    const seen: string[] = [];
    const inner = new Map([
      [jwks, idp.jwksUri],
      [introspection, idp.introspectionUri],
    ]);
    ports.fetch = (url, init) => {
      seen.push(url);
      return idp.fetch(inner.get(url) ?? url, init);
    };
    start({ endpoints });
    return seen;
  }

  it('need no discovery', async () => {
    const seen = startWith({ ...none, jwks, introspection });
    expect(await refusal('opaque')).toBe('accepted');
    expect(await refusal(await idp.mint())).toBe('accepted');
    expect(await verifier.ready()).toBe(true);
    expect(new Set(seen)).toEqual(new Set([jwks, introspection]));
  });

  it('stand beside those that are discovered', async () => {
    const seen = startWith({ ...none, introspection });
    expect(await refusal('opaque')).toBe('accepted');
    expect(seen).toEqual([introspection]);
    expect(await refusal(await idp.mint())).toBe('accepted');
    expect(seen).toContain(idp.jwksUri);
  });

  it('name the one discovery document, whose issuer stays the public one', async () => {
    const seen = startWith({ ...none, discovery });
    const document = { issuer: idp.issuer, jwks_uri: jwks, introspection_endpoint: introspection };
    idp.documents.set(discovery, document);
    expect(await refusal('opaque')).toBe('accepted');
    expect(await refusal(await idp.mint())).toBe('accepted');
    expect(new Set(seen)).toEqual(new Set([discovery, jwks, introspection]));
  });

  it('go before what the adapter says', async () => {
    const { profile } = trusting(idp.issuer);
    const fetch = vi.spyOn(ports, 'fetch');
    start({ profile: { ...profile, discoveryUrl: 'https://idp.example/adapter' } });
    await refusal('opaque');
    expect(fetch.mock.calls[0]?.[0]).toBe('https://idp.example/adapter');
    start({
      profile: { ...profile, discoveryUrl: 'https://idp.example/adapter' },
      endpoints: { ...none, discovery },
    });
    await refusal('opaque');
    expect(fetch.mock.calls.at(-1)?.[0]).toBe(discovery);
  });
});

it('never admits what a trouble-free issuer would not, whatever goes wrong', async () => {
  const fault = fc.constantFrom(
    'down',
    'error',
    'busy',
    'garbage',
    'truncated',
    'html',
    'array',
    'empty',
    'oversized',
    'redirect',
    null,
  );
  const body = fc.oneof(
    fc.json(),
    fc
      .record({ active: fc.anything(), exp: fc.anything(), aud: fc.anything() })
      .map(JSON.stringify),
    fc.constantFrom('{"active":true}', '{"active":false,"active":true}', '{"active":"true"}'),
  );
  const status = fc.constantFrom(200, 201, 204, 301, 400, 401, 403, 404, 429, 500, 503);
  await fc.assert(
    fc.asyncProperty(fault, body, status, async (trouble, text, code) => {
      idp.faults.introspection = trouble;
      idp.introspect = () => new Response(code === 204 ? null : `${text}`, { status: code });
      start();
      const said = await refusal('opaque');
      expect(said).not.toBe('accepted');
      expect(await recheck('opaque')).not.toBe('accepted');
    }),
    { numRuns: 300 },
  );
});
