import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrustedIssuer } from '../../src/core/issuer.ts';
import type { Ports } from '../../src/core/ports.ts';
import type { IssuerProfile, LookupDialect } from '../../src/core/provider.ts';
import { createVerifier, type Verifier } from '../../src/token/verifier.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import {
  type FakeIssuer,
  fakeIssuer,
  testClient,
  testPorts,
  testProfile,
  testResource,
  trusting,
} from '../support/issuer.ts';

let clock: ManualClock;
let idp: FakeIssuer;
let ports: ReturnType<typeof testPorts>;
let verifier: Verifier;

function verifierOf(issuers: readonly TrustedIssuer[], own: Ports = ports): Verifier {
  return createVerifier({ issuers, staticTokens: [], ports: own });
}

async function refusal(token: string): Promise<string> {
  return verifier.verify(token).then(
    () => 'accepted',
    (error) => error.code,
  );
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  clock = manualClock();
  idp = await fakeIssuer({ clock });
  ports = testPorts(idp.fetch, clock);
  verifier = verifierOf([trusting(idp.issuer)]);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('createVerifier', () => {
  const good = testProfile('https://idp.example');
  const lookup: LookupDialect = {
    request: () => ({ url: 'https://idp.example/look', body: new URLSearchParams() }),
    read: () => null,
  };
  const opaqueOnly: IssuerProfile = { ...good, kinds: ['opaque'] };
  const asked = (issuer: string) => trusting(issuer, { client: testClient });
  const ends = { discovery: null, jwks: null, introspection: null };

  it.each<[string, Partial<IssuerProfile>]>([
    ['no audience', { audiences: [] }],
    ['an empty audience', { audiences: [''] }],
    ['a blank audience beside a good one', { audiences: [testResource, ' '] }],
    ['no algorithm', { algorithms: [] }],
    ['a symmetric algorithm', { algorithms: ['HS256' as 'RS256'] }],
    ['the algorithm none', { algorithms: ['none' as 'RS256'] }],
    ['an issuer that is no URL', { issuer: 'idp' }],
    ['a plain http issuer', { issuer: 'http://idp.example' }],
    ['no kind of token', { kinds: [] }],
    ['a foreign discovery URL', { discoveryUrl: 'file:///etc/passwd' }],
  ])('refuses to be made with %s', (_, flaw) => {
    const issuers = [trusting('', { profile: { ...good, ...flaw } })];
    expect(() => verifierOf(issuers)).toThrow(TypeError);
  });

  it.each<[string, TrustedIssuer[], RegExp]>([
    ['neither issuer nor static token', [], /issuers must name/],
    ['an issuer twice', [trusting('https://a.example'), trusting('https://a.example')], /repeat/],
    [
      'introspection without a client',
      [trusting('https://a.example', { validation: 'introspection' })],
      /set MCP_OAUTH_CLIENT_ID and MCP_OAUTH_CLIENT_SECRET/,
    ],
    [
      'opaque tokens that cannot be asked about',
      [trusting('', { profile: opaqueOnly })],
      /set MCP_OAUTH_VALIDATION=auto and MCP_OAUTH_CLIENT_ID/,
    ],
    [
      'opaque tokens that must not be asked about',
      [trusting('', { profile: { ...opaqueOnly, lookup }, validation: 'jwt' })],
      /set MCP_OAUTH_VALIDATION=auto/,
    ],
    [
      'two issuers of opaque tokens',
      [asked('https://a.example'), asked('https://b.example')],
      /https:\/\/a\.example, https:\/\/b\.example.*set validation to jwt for all but one/,
    ],
    [
      'a key endpoint that is no URL',
      [trusting('https://a.example', { endpoints: { ...ends, jwks: '/keys' } })],
      /no http\(s\) URL/,
    ],
    [
      'an introspection endpoint with user info',
      [trusting('https://a.example', { endpoints: { ...ends, introspection: 'https://u:p@a/i' } })],
      /no http\(s\) URL/,
    ],
    [
      'a client without secret',
      [trusting('https://a.example', { client: { ...testClient, secret: '' } })],
      /set MCP_OAUTH_CLIENT_ID/,
    ],
    [
      'a private key that is none',
      [trusting('https://a.example', { client: { ...testClient, method: 'private_key_jwt' } })],
      /needs a private key/,
    ],
  ])('refuses to be made with %s, and says why', (_, issuers, why) => {
    expect(() => verifierOf(issuers)).toThrow(TypeError);
    expect(() => verifierOf(issuers)).toThrow(why);
    expect(() => verifierOf(issuers)).not.toThrow(testClient.secret);
  });

  it('takes a second issuer that can be asked, when only one is for opaque tokens', () => {
    const second = trusting('https://b.example', { client: testClient, validation: 'jwt' });
    expect(() => verifierOf([asked('https://a.example'), second])).not.toThrow();
  });

  it('fetches nothing by itself', () => {
    expect(idp.requests).toEqual([]);
  });

  it('is not changed by later edits of its options', async () => {
    const audiences = [testResource];
    const profile = { ...testProfile(), audiences };
    const own = verifierOf([trusting('', { profile })]);
    audiences.push('https://other.example');
    const token = await idp.mint({ aud: 'https://other.example' });
    await expect(own.verify(token)).rejects.toMatchObject({ code: 'audience_mismatch' });
  });
});

describe('a good token', () => {
  it('names its principal', async () => {
    expect(await verifier.verify(await idp.mint())).toMatchObject({
      issuer: idp.issuer,
      subject: 'alice',
      clientId: 'inspector',
      scopes: new Set(['mcp:access', 'mcp:tools:read']),
    });
  });

  it('is verified once, then costs one look-up, also for concurrent requests', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify');
    const token = await idp.mint();
    const all = await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token)));
    expect(new Set(all).size).toBe(1);
    expect(await verifier.verify(token)).toBe(all[0]);
    expect(verify).toHaveBeenCalledOnce();
    verify.mockRestore();
  });

  it('is refused once its time has come, cached or not', async () => {
    const token = await idp.mint({ exp: clock.now() / 1_000 + 60 });
    expect(await refusal(token)).toBe('accepted');
    clock.advance(90_000 - 1);
    expect(await refusal(token)).toBe('accepted');
    clock.advance(1);
    await expect(verifier.verify(token)).rejects.toMatchObject({
      code: 'token_expired',
      scopes: ['mcp:access', 'mcp:tools:read'],
    });
  });

  it('is refused once its key is gone, though it is cached', async () => {
    const token = await idp.mint();
    await verifier.verify(token);
    await idp.rotate();
    clock.advance(60_000);
    await verifier.verify(token);
    expect(await refusal(await idp.mint())).toBe('accepted');
    expect(await refusal(token)).toBe('key_unknown');
  });
});

describe('a refused token', () => {
  it('is refused before it is hashed when it is too long', async () => {
    const digest = vi.fn(ports.digest);
    const own = verifierOf([trusting(idp.issuer)], { ...ports, digest });
    await expect(own.verify('.'.repeat(1_000_000))).rejects.toMatchObject({
      code: 'token_malformed',
    });
    await expect(own.verify('')).rejects.toMatchObject({ code: 'token_malformed' });
    expect(digest).not.toHaveBeenCalled();
  });

  it('does not lock out its good twin', async () => {
    const token = await idp.mint();
    const [header, payload] = token.split('.');
    expect(await refusal(`${header}.${payload}.AAAA`)).toBe('signature_invalid');
    expect(await refusal(token)).toBe('accepted');
  });

  it('is remembered, so that repeating it costs no verification', async () => {
    const [header, payload] = (await idp.mint()).split('.');
    const forged = `${header}.${payload}.AAAA`;
    await refusal(forged);
    const verify = vi.spyOn(crypto.subtle, 'verify');
    expect(await refusal(forged)).toBe('signature_invalid');
    expect(verify).not.toHaveBeenCalled();
    clock.advance(10_000);
    expect(await refusal(forged)).toBe('signature_invalid');
    expect(verify).toHaveBeenCalledOnce();
    verify.mockRestore();
  });
});

describe('an issuer', () => {
  it.each([
    'https://evil.example',
    'https://idp.example/realms/mcp/',
    '',
    '__proto__',
    7,
    null,
    undefined,
    ['https://idp.example/realms/mcp'],
  ])('that is not configured is refused before any network: %j', async (iss) => {
    expect(await refusal(await idp.mint({ iss }))).toBe('issuer_untrusted');
    expect(idp.requests).toEqual([]);
  });

  it('is named in the detail, the token is not', async () => {
    const token = await idp.mint({ iss: 'https://evil.example' });
    const error = await verifier.verify(token).catch((caught) => caught);
    expect(error.detail).toEqual({ got: 'https://evil.example', expected: [idp.issuer] });
    expect(JSON.stringify(ports.log.lines)).not.toContain(token.slice(0, 20));
  });

  it('fills no log with a name that somebody made up', async () => {
    const token = await idp.mint({ iss: 'x'.repeat(5_000) });
    const error = await verifier.verify(token).catch((caught) => caught);
    expect(error.detail.got).toBe('x'.repeat(512));
  });

  it('cannot speak for another one, also under the same kid', async () => {
    const other = await fakeIssuer({ issuer: 'https://other.example', clock });
    const fetch: typeof idp.fetch = (url, init) =>
      (url.startsWith('https://other.example') ? other : idp).fetch(url, init);
    const both = verifierOf([trusting(idp.issuer), trusting(other.issuer)], { ...ports, fetch });
    expect((await both.verify(await other.mint())).issuer).toBe('https://other.example');
    expect((await both.verify(await idp.mint())).issuer).toBe(idp.issuer);
    const crossed = await other.mint({ iss: idp.issuer });
    await expect(both.verify(crossed)).rejects.toMatchObject({ code: 'signature_invalid' });
  });
});

describe('an outage', () => {
  it('is never remembered against a token', async () => {
    const token = await idp.mint();
    idp.faults.jwks = 'error';
    expect(await refusal(token)).toBe('issuer_unavailable');
    idp.faults.jwks = null;
    clock.advance(1_000);
    expect(await refusal(token)).toBe('accepted');
  });

  it('costs at most two fetches for 1,000 forged tokens, and good ones pass', async () => {
    const good = await idp.mint();
    await verifier.verify(good);
    idp.faults.jwks = 'error';
    for (let i = 0; i < 1_000; i++)
      expect(await refusal(await idp.mint({}, { kid: `forged-${i}` }))).toBe('issuer_unavailable');
    expect(await refusal(good)).toBe('accepted');
    expect(await refusal(await idp.mint({ sub: 'bob' }))).toBe('accepted');
    expect(idp.jwksRequests()).toBe(2);
  });

  it('leaves time faults unremembered too', async () => {
    const token = await idp.mint({ nbf: clock.now() / 1_000 + 35 });
    expect(await refusal(token)).toBe('token_not_yet_valid');
    clock.advance(5_000);
    expect(await refusal(token)).toBe('accepted');
  });
});

describe('a rotation of keys', () => {
  it.each([true, false])(
    'loses none of 200 requests a second and costs one fetch (old key still published: %s)',
    async (overlap) => {
      await verifier.verify(await idp.mint());
      const lost: string[] = [];
      for (let i = 0; i < 1_000; i++) {
        if (i === 500) await idp.rotate({ overlap });
        const code = await refusal(await idp.mint({ jti: `${i}` }));
        if (code !== 'accepted') lost.push(code);
        clock.advance(5);
      }
      expect(lost).toEqual([]);
      expect(idp.jwksRequests()).toBe(2);
    },
  );
});

describe('several issuers', () => {
  it('keep adapter, audience, endpoints and way of verifying to themselves', async () => {
    const asked = await fakeIssuer({ issuer: 'https://asked.example', clock });
    const fetch: typeof idp.fetch = (url, init) =>
      (url.startsWith('https://asked.example') ? asked : idp).fetch(url, init);
    const profile = { ...testProfile(asked.issuer), audiences: ['https://other.example'] };
    const own = trusting('', { profile, validation: 'introspection', client: testClient });
    const both = verifierOf([trusting(idp.issuer), own], { ...ports, fetch });
    const answer = {
      active: true,
      token_type: 'Bearer',
      sub: 'bob',
      aud: 'https://other.example',
      exp: 4e9,
    };
    const jwt = await asked.mint();
    for (const token of ['opaque', jwt]) asked.answers.set(token, answer);

    expect(await both.verify(await idp.mint())).toMatchObject({ subject: 'alice' });
    expect(await both.verify(jwt)).toMatchObject({ issuer: asked.issuer, subject: 'bob' });
    expect(await both.verify('opaque')).toMatchObject({ issuer: asked.issuer, subject: 'bob' });
    const crossed = await idp.mint({ aud: 'https://other.example' });
    await expect(both.verify(crossed)).rejects.toMatchObject({ code: 'audience_mismatch' });
    expect(asked.jwksRequests()).toBe(0);
    expect(idp.introspections).toEqual([]);
  });

  it('do not suffer from one that fails', async () => {
    const other = await fakeIssuer({ issuer: 'https://other.example', clock });
    other.faults = { jwks: 'error', discovery: 'down', introspection: 'error' };
    const fetch: typeof idp.fetch = (url, init) =>
      (url.startsWith('https://other.example') ? other : idp).fetch(url, init);
    const both = verifierOf(
      [trusting(idp.issuer), trusting(other.issuer, { client: testClient })],
      { ...ports, fetch },
    );
    for (const token of [await other.mint(), 'opaque'])
      await expect(both.verify(token)).rejects.toMatchObject({ code: 'issuer_unavailable' });
    expect(await both.verify(await idp.mint())).toMatchObject({ subject: 'alice' });
    expect(await both.ready()).toBe(false);
  });
});

describe('a static token', () => {
  const text = 'deployment-token';
  const own = { name: 'ci', scopes: ['mcp:access'], expiresAt: null };

  async function start(issuers: readonly TrustedIssuer[]): Promise<Verifier> {
    const bytes = new Uint8Array(
      await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)),
    );
    const hash = `sha256:${[...bytes].map((b) => b.toString(16).padStart(2, '0')).join('')}`;
    return createVerifier({ issuers, staticTokens: [{ ...own, hash }], ports });
  }

  it('is found before any issuer is asked, on recheck too', async () => {
    const both = await start([trusting(idp.issuer, { client: testClient })]);
    for (const found of [await both.verify(text), await both.recheck(text)])
      expect(found).toMatchObject({ subject: 'ci', scopes: new Set(['mcp:access']) });
    expect(idp.requests).toEqual([]);
    expect(await both.verify(await idp.mint())).toMatchObject({ subject: 'alice' });
  });

  it('may stand alone, where every other token is unknown', async () => {
    const alone = await start([]);
    expect(await alone.verify(text)).toMatchObject({ subject: 'ci' });
    for (const token of ['another', await idp.mint()])
      await expect(alone.verify(token)).rejects.toMatchObject({ code: 'token_inactive' });
    expect(await alone.ready()).toBe(true);
    expect(idp.requests).toEqual([]);
  });
});

describe('ready', () => {
  it('is false while the issuer is down, true after, and loads keys by itself', async () => {
    idp.faults.discovery = 'down';
    expect(await verifier.ready()).toBe(false);
    expect(await verifier.ready()).toBe(false);
    idp.faults.discovery = null;
    clock.advance(1_000);
    expect(await verifier.ready()).toBe(true);
    const fetched = idp.requests.length;
    expect(await refusal(await idp.mint())).toBe('accepted');
    expect(idp.requests).toHaveLength(fetched);
  });
});
