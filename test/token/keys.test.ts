import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDiscovery } from '../../src/token/discovery.ts';
import { createKeys, type Keys } from '../../src/token/keys.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { type FakeIssuer, fakeIssuer, signingKey, testPorts } from '../support/issuer.ts';
import { waiting } from '../support/waiting.ts';

const minute = 60_000;
const hour = 60 * minute;

let clock: ManualClock;
let idp: FakeIssuer;
let ports: ReturnType<typeof testPorts>;
let keys: Keys;

function start(): void {
  ports = testPorts(idp.fetch, clock);
  const { issuer } = idp;
  const discovery = createDiscovery({ issuer, url: null, ports });
  const locate = async () => {
    const found = await discovery.metadata();
    return found.ok ? { ok: true as const, value: found.value.jwksUri ?? '' } : found;
  };
  keys = createKeys({ issuer, algorithms: ['ES256', 'RS256'], locate, ports });
}

const find = (kid: string | null) => keys.find(kid, 'ES256');
const idOf = async (kid: string) => (await find(kid))[0]?.id ?? 'none';
const refusal = (kid: string) =>
  find(kid).then(
    () => 'found',
    ({ code }) => code,
  );
/** Lets a background fetch, which nobody waits for, run to its end. */
const settle = () => keys.renew();
const events = () => ports.log.lines.map(({ event }) => event);

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  clock = manualClock();
  idp = await fakeIssuer({ clock });
  start();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a healthy issuer', () => {
  it('is asked once for 20 concurrent first requests', async () => {
    const found = await Promise.all(Array.from({ length: 20 }, () => find('key-1')));
    expect(found.every(([key]) => key?.kid === 'key-1')).toBe(true);
    expect(idp.jwksRequests()).toBe(1);
  });

  it('is asked again only after 10 minutes, in the background', async () => {
    await find('key-1');
    clock.advance(10 * minute - 1);
    await find('key-1');
    expect(idp.jwksRequests()).toBe(1);
    clock.advance(1);
    idp.faults.jwks = 'slow';
    expect((await find('key-1'))[0]?.kid).toBe('key-1');
    await find('key-1');
    expect(idp.jwksRequests()).toBe(2);
    idp.release();
  });

  it('sees a rotation right after start at once', async () => {
    await find('key-1');
    await idp.rotate({ overlap: true });
    expect((await find('key-2'))[0]?.kid).toBe('key-2');
    expect((await find('key-1'))[0]?.kid).toBe('key-1');
    expect(idp.jwksRequests()).toBe(2);
  });

  it('is asked at most twice for 1,000 forged kids, and once more per 30 seconds', async () => {
    for (let i = 0; i < 1_000; i++) expect(await refusal(`forged-${i}`)).toBe('key_unknown');
    expect(idp.jwksRequests()).toBe(2);
    clock.advance(29_999);
    expect(await refusal('forged')).toBe('key_unknown');
    expect(idp.jwksRequests()).toBe(2);
    clock.advance(1);
    expect(await refusal('forged')).toBe('key_unknown');
    expect(idp.jwksRequests()).toBe(3);
  });

  it.each([null, 'error'] as const)(
    'gets one fetch for 1,000 forged kids spread over 10 seconds (fault %s)',
    async (fault) => {
      await find('key-1');
      idp.faults.jwks = fault;
      const expected = fault === null ? 'key_unknown' : 'issuer_unavailable';
      for (let i = 0; i < 1_000; i++) {
        expect(await refusal(`forged-${i}`)).toBe(expected);
        clock.advance(10);
      }
      expect(idp.jwksRequests()).toBe(1 + 1);
    },
  );

  it('gets one fetch for 1,000 forged kids at the same moment', async () => {
    await find('key-1');
    const codes = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => refusal(`forged-${i}`)),
    );
    expect(new Set(codes)).toEqual(new Set(['key_unknown']));
    expect(idp.jwksRequests()).toBe(2);
  });

  it('counts the 30 seconds from the end of the attempt', async () => {
    await find('key-1');
    idp.faults.jwks = 'slow';
    const pending = refusal('forged');
    await vi.waitFor(() => expect(idp.jwksRequests()).toBe(2), waiting);
    clock.advance(2_000);
    idp.release();
    idp.faults.jwks = null;
    expect(await pending).toBe('key_unknown');
    clock.advance(29_999);
    await refusal('forged');
    expect(idp.jwksRequests()).toBe(2);
    clock.advance(1);
    await refusal('forged');
    expect(idp.jwksRequests()).toBe(3);
  });

  it('picks up a rotation without overlap after one interval and drops the old key', async () => {
    const old = await idOf('key-1');
    await refusal('forged');
    await idp.rotate();
    expect(await refusal('key-2')).toBe('key_unknown');
    expect(keys.isCurrent(old)).toBe(true);
    clock.advance(30_000);
    expect(await refusal('key-2')).toBe('found');
    expect(keys.isCurrent(old)).toBe(false);
    expect(await refusal('key-1')).toBe('key_unknown');
  });

  it('takes a removed key away after 10 minutes though only cached tokens come', async () => {
    const old = await idOf('key-1');
    await idp.rotate();
    clock.advance(10 * minute);
    expect(keys.isCurrent(old)).toBe(true);
    await vi.waitFor(() => expect(keys.isCurrent(old)).toBe(false), waiting);
    expect(idp.jwksRequests()).toBe(2);
  });

  it('is asked before an idle server uses its keys, so that a removed one is gone', async () => {
    await find('key-1');
    await idp.rotate();
    clock.advance(20 * minute);
    expect(await refusal('key-1')).toBe('key_unknown');
    expect(await refusal('key-2')).toBe('found');
    expect(idp.jwksRequests()).toBe(2);
  });

  it('keeps the identity of a key across refreshes', async () => {
    const id = await idOf('key-1');
    expect(await keys.renew()).toBe(true);
    expect(keys.isCurrent(id)).toBe(true);
    expect(keys.isCurrent('another')).toBe(false);
  });

  it.each(['', '__proto__', 'constructor', '../../dev/null', "' or 1=1", '\0', 'k'.repeat(4_096)])(
    'is not confused by kid %j',
    async (kid) => {
      expect(await refusal(kid)).toBe('key_unknown');
    },
  );

  it('offers every key of the family to a token without kid', async () => {
    await idp.rotate({ overlap: true });
    idp.keys.push((await signingKey('rsa', 'RS256')).jwk);
    expect((await find(null)).map(({ kid }) => kid)).toEqual(['key-1', 'key-2']);
    expect((await keys.find(null, 'RS256')).map(({ kid }) => kid)).toEqual(['rsa']);
  });

  it('does not offer a key for an algorithm of another family', async () => {
    await expect(keys.find('key-1', 'RS256')).rejects.toMatchObject({ code: 'key_unknown' });
  });

  it('does not notice wall clock jumps', async () => {
    await find('key-1');
    for (const ms of [hour, -2 * hour, 48 * hour]) {
      clock.jump(ms);
      await find('key-1');
    }
    expect(idp.jwksRequests()).toBe(1);
  });
});

describe('unusable keys', () => {
  it('are skipped with one warning each, the good ones work', async () => {
    const [good] = idp.keys;
    idp.keys = [
      { kty: 'oct', k: 'c2VjcmV0', kid: 'secret' },
      { kty: 'RSA', use: 'enc', n: 'x', e: 'AQAB', kid: 'enc' },
      good,
      'nonsense',
    ];
    await find('key-1');
    await keys.renew();
    expect(ports.log.lines.filter(({ event }) => event === 'jwk_skipped')).toEqual(
      [
        { kid: 'secret', reason: 'holds a secret' },
        { kid: 'enc', reason: 'use is not sig' },
        { kid: null, reason: 'no JSON object' },
      ].map((fields) => ({
        level: 'warn',
        event: 'jwk_skipped',
        fields: { issuer: idp.issuer, ...fields },
      })),
    );
    expect(JSON.stringify(ports.log.lines)).not.toContain('c2VjcmV0');
  });

  it.each<[string, () => unknown[], string]>([
    ['no key at all', () => [], 'no usable key'],
    ['only unusable keys', () => [{ kty: 'oct', k: 'AA' }], 'no usable key, holds a secret'],
    ['101 keys', () => Array.from({ length: 101 }, () => idp.signing.jwk), '101 keys'],
  ])('a set with %s is a failure that keeps the last good set', async (_, set, got) => {
    await find('key-1');
    idp.keys = set();
    expect(await keys.renew()).toBe(false);
    expect(await refusal('key-1')).toBe('found');
    expect(await refusal('forged')).toBe('issuer_unavailable');
    expect(ports.log.lines.at(-1)).toMatchObject({
      level: 'error',
      event: 'jwks_failed',
      fields: { got },
    });
  });

  it('100 keys are not too many', async () => {
    idp.keys = Array.from({ length: 100 }, () => idp.signing.jwk);
    expect(await find('key-1')).toHaveLength(100);
  });
});

const failures = [
  'down',
  'error',
  'garbage',
  'truncated',
  'html',
  'array',
  'empty',
  'oversized',
  'redirect',
] as const;

describe.each(failures)('a key endpoint that suffers from "%s"', (fault) => {
  it('leaves the last good keys in use, and an unknown kid undecided', async () => {
    await find('key-1');
    idp.faults.jwks = fault;
    for (let i = 0; i < 1_000; i++) expect(await refusal(`forged-${i}`)).toBe('issuer_unavailable');
    expect(await refusal('key-1')).toBe('found');
    expect(idp.jwksRequests()).toBe(2);
    expect(events().filter((event) => event === 'jwks_failed')).toHaveLength(1);
  });

  it('is retried with a doubling pause while no key was ever loaded', async () => {
    idp.faults.jwks = fault;
    for (const [attempt, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
      for (let i = 0; i < 50; i++) expect(await refusal('key-1')).toBe('issuer_unavailable');
      expect(await keys.ready()).toBe(false);
      expect(idp.jwksRequests()).toBe(attempt + 1);
      clock.advance(seconds * 1_000 - 1);
      await refusal('key-1');
      expect(idp.jwksRequests()).toBe(attempt + 1);
      clock.advance(1);
    }
    idp.faults.jwks = null;
    expect(await keys.ready()).toBe(true);
    expect(await refusal('key-1')).toBe('found');
    expect(events().at(-1)).toBe('jwks_loaded');
  });
});

describe('an outage', () => {
  it('is bridged for 24 hours with one attempt per 30 seconds, then ends in 503', async () => {
    const id = await idOf('key-1');
    idp.faults.jwks = 'error';
    clock.advance(10 * minute);
    for (let i = 0; i < 10; i++) expect(await refusal('key-1')).toBe('found');
    await settle();
    expect(idp.jwksRequests()).toBe(2);
    clock.advance(24 * hour - 10 * minute - 1);
    expect(await refusal('key-1')).toBe('found');
    expect(keys.isCurrent(id)).toBe(true);
    await settle();
    clock.advance(1);
    expect(keys.isCurrent(id)).toBe(false);
    expect(await refusal('key-1')).toBe('issuer_unavailable');
    expect(await keys.ready()).toBe(false);
  });

  it('holds up the first request of an idle server for 3 seconds, and no other', async () => {
    await find('key-1');
    idp.faults.jwks = 'slow';
    clock.advance(20 * minute);
    const pending = refusal('key-1');
    await vi.waitFor(() => expect(idp.jwksRequests()).toBe(2), waiting);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await pending).toBe('found');
    await settle();
    expect(await refusal('key-1')).toBe('found');
  });

  it('of discovery alone is an outage too, and is retried like one', async () => {
    idp.faults.discovery = 'html';
    expect(await refusal('key-1')).toBe('issuer_unavailable');
    expect(await refusal('key-1')).toBe('issuer_unavailable');
    expect(idp.requests).toHaveLength(3);
    expect(events()).toEqual(['discovery_failed']);
    clock.advance(1_000);
    idp.faults.discovery = null;
    expect(await refusal('key-1')).toBe('found');
  });

  it('tells the client when to come back', async () => {
    idp.faults.jwks = 'error';
    await expect(find('key-1')).rejects.toMatchObject({ retryAfterSeconds: 1 });
    clock.advance(1_000);
    await expect(find('key-1')).rejects.toMatchObject({ retryAfterSeconds: 2 });
    idp.faults.jwks = null;
    clock.advance(2_000);
    await find('key-1');
    idp.faults.jwks = 'error';
    await expect(find('other')).rejects.toMatchObject({ retryAfterSeconds: 30 });
  });

  it.each([
    ['5', 30],
    ['120', 120],
    ['86400', 300],
  ])('honours Retry-After: %s with a pause of %i seconds', async (retryAfter, seconds) => {
    await find('key-1');
    idp.faults.jwks = 'busy';
    idp.retryAfter = retryAfter;
    expect(await refusal('forged')).toBe('issuer_unavailable');
    clock.advance(seconds * 1_000 - 1);
    await refusal('forged');
    expect(idp.jwksRequests()).toBe(2);
    clock.advance(1);
    await refusal('forged');
    expect(idp.jwksRequests()).toBe(3);
  });

  it.each(['slow', 'drip'] as const)(
    'of the kind "%s" holds nobody longer than 3 s',
    async (fault) => {
      idp.faults.jwks = fault;
      const pending = Promise.all([refusal('key-1'), refusal('key-2')]);
      const readiness = keys.ready();
      await vi.advanceTimersByTimeAsync(3_000);
      expect(await pending).toEqual(['issuer_unavailable', 'issuer_unavailable']);
      expect(await readiness).toBe(false);
      expect(idp.jwksRequests()).toBe(1);
    },
  );

  it('of discovery and keys together holds nobody longer than 3 s either', async () => {
    idp.faults.discovery = 'slow';
    idp.faults.jwks = 'slow';
    const pending = refusal('key-1');
    await vi.advanceTimersByTimeAsync(2_000);
    idp.release();
    await vi.waitFor(() => expect(idp.jwksRequests()).toBe(1), waiting);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await pending).toBe('issuer_unavailable');
    idp.release();
    idp.faults.jwks = null;
    await vi.waitFor(async () => expect(await refusal('key-1')).toBe('found'), waiting);
    expect(idp.jwksRequests()).toBe(1);
  });

  it('leaves an unknown kid undecided while a slow fetch goes on', async () => {
    await find('key-1');
    idp.faults.jwks = 'slow';
    const pending = refusal('key-2');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await pending).toBe('issuer_unavailable');
    expect(await refusal('key-1')).toBe('found');
  });
});
