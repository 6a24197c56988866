import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { generic } from '../../providers/generic.ts';
import type { IssuerProfile } from '../../src/core/provider.ts';
import { createVerifier, type Verifier } from '../../src/token/verifier.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { type FakeIssuer, fakeIssuer, testPorts, testResource } from '../support/issuer.ts';

let clock: ManualClock;
let idp: FakeIssuer;
let ports: ReturnType<typeof testPorts>;
let verifier: Verifier;

function profile(issuer: string): IssuerProfile {
  return generic.issuer({ issuer, resource: testResource, audiences: [] });
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
  verifier = createVerifier({ issuers: [profile(idp.issuer)], ports });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('createVerifier', () => {
  const good = profile('https://idp.example');

  it.each<[string, IssuerProfile[]]>([
    ['no issuer', []],
    ['an issuer twice', [good, good]],
    ['no audience', [{ ...good, audiences: [] }]],
    ['an empty audience', [{ ...good, audiences: [''] }]],
    ['a blank audience beside a good one', [{ ...good, audiences: [testResource, ' '] }]],
    ['no algorithm', [{ ...good, algorithms: [] }]],
    ['a symmetric algorithm', [{ ...good, algorithms: ['HS256' as 'RS256'] }]],
    ['the algorithm none', [{ ...good, algorithms: ['none' as 'RS256'] }]],
    ['an issuer that is no URL', [{ ...good, issuer: 'idp' }]],
    ['a plain http issuer', [{ ...good, issuer: 'http://idp.example' }]],
  ])('refuses to be made with %s', (_, issuers) => {
    expect(() => createVerifier({ issuers, ports })).toThrow(TypeError);
  });

  it('fetches nothing by itself', () => {
    expect(idp.requests).toEqual([]);
  });

  it('is not changed by later edits of its options', async () => {
    const audiences = [testResource];
    const issuers = [{ ...profile(idp.issuer), audiences }];
    const own = createVerifier({ issuers, ports });
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
    const own = createVerifier({ issuers: [profile(idp.issuer)], ports: { ...ports, digest } });
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

  it('cannot speak for another one, also under the same kid', async () => {
    const other = await fakeIssuer({ issuer: 'https://other.example', clock });
    const fetch: typeof idp.fetch = (url, init) =>
      (url.startsWith('https://other.example') ? other : idp).fetch(url, init);
    const both = createVerifier({
      issuers: [profile(idp.issuer), profile(other.issuer)],
      ports: { ...ports, fetch },
    });
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
