import { beforeEach, describe, expect, it } from 'vitest';
import { type ErrorCode, errorTable } from '../../src/core/error-table.ts';
import { DoormanError } from '../../src/core/errors.ts';
import type { Principal } from '../../src/core/types.ts';
import { createTokenCache, type TokenCache } from '../../src/token/cache.ts';
import { epochMs, type ManualClock, manualClock } from '../support/clock.ts';

let clock: ManualClock;
let cache: TokenCache;
const always = () => true;
const lifeMs = 300_000;

function principal(lifeSeconds: number, subject = 'alice'): Principal {
  return {
    issuer: 'https://idp.example',
    subject,
    clientId: null,
    scopes: new Set(),
    expiresAt: epochMs / 1_000 + lifeSeconds,
    claims: {},
  };
}

beforeEach(() => {
  clock = manualClock();
  cache = createTokenCache(clock);
});

describe('accepted tokens', () => {
  it('are found by their key alone', () => {
    const alice = principal(3_600);
    cache.accept('a', { principal: alice, isCurrent: always, lifeMs });
    expect(cache.find('a')).toBe(alice);
    expect(cache.find('b')).toBeNull();
  });

  it('live as long as they may', () => {
    cache.accept('a', { principal: principal(3_600), isCurrent: always, lifeMs });
    clock.advance(300_000 - 1);
    expect(cache.find('a')).not.toBeNull();
    clock.advance(1);
    expect(cache.find('a')).toBeNull();
  });

  it('end with their expiry and leeway', () => {
    cache.accept('a', { principal: principal(60), isCurrent: always, lifeMs });
    clock.advance(90_000 - 1);
    expect(cache.find('a')).not.toBeNull();
    clock.advance(1);
    expect(cache.find('a')).toBeNull();
  });

  it('end when the wall clock jumps past their expiry', () => {
    cache.accept('a', { principal: principal(3_600), isCurrent: always, lifeMs });
    clock.jump(3_630_000);
    expect(cache.find('a')).toBeNull();
    clock.jump(-3_630_000);
    expect(cache.find('a')).toBeNull();
  });

  it('are not revived by a wall clock that jumps back', () => {
    cache.accept('a', { principal: principal(60), isCurrent: always, lifeMs });
    clock.advance(90_000);
    clock.jump(-3_600_000);
    expect(cache.find('a')).toBeNull();
  });

  it('end for good when their key is no longer current', () => {
    let current = true;
    cache.accept('a', { principal: principal(3_600), isCurrent: () => current, lifeMs });
    expect(cache.find('a')).not.toBeNull();
    current = false;
    expect(cache.find('a')).toBeNull();
    current = true;
    expect(cache.find('a')).toBeNull();
  });

  it('are 10,000 at most', () => {
    for (let i = 0; i <= 10_000; i++)
      cache.accept(`${i}`, { principal: principal(3_600), isCurrent: always, lifeMs });
    expect(cache.find('0')).toBeNull();
    expect(cache.find('1')).not.toBeNull();
    expect(cache.find('10000')).not.toBeNull();
  });
});

describe('refused tokens', () => {
  const lasting: readonly ErrorCode[] = [
    'signature_invalid',
    'algorithm_denied',
    'type_denied',
    'audience_mismatch',
    'claims_invalid',
    'token_inactive',
    'token_expired',
  ];

  it.each(lasting)('are remembered for 10 seconds: %s', (code) => {
    const error = new DoormanError(code);
    cache.refuse('a', error);
    expect(cache.find('a')).toBe(error);
    expect(cache.find('b')).toBeNull();
    clock.advance(10_000 - 1);
    expect(cache.find('a')).toBe(error);
    clock.advance(1);
    expect(cache.find('a')).toBeNull();
  });

  const others = Object.keys(errorTable).filter((code) => !lasting.includes(code as ErrorCode));

  it.each(others)('are not remembered: %s', (code) => {
    cache.refuse('a', new DoormanError(code as ErrorCode));
    expect(cache.find('a')).toBeNull();
  });

  it('are no longer accepted', () => {
    cache.accept('a', { principal: principal(3_600), isCurrent: always, lifeMs });
    cache.refuse('a', new DoormanError('token_inactive'));
    clock.advance(10_000);
    expect(cache.find('a')).toBeNull();
  });

  it('stay accepted through an outage', () => {
    cache.accept('a', { principal: principal(3_600), isCurrent: always, lifeMs });
    cache.refuse('a', new DoormanError('issuer_unavailable'));
    expect(cache.find('a')).toMatchObject({ subject: 'alice' });
  });

  it('are 1,000 at most and push no accepted token out', () => {
    cache.accept('good', { principal: principal(3_600), isCurrent: always, lifeMs });
    for (let i = 0; i < 20_000; i++) cache.refuse(`${i}`, new DoormanError('signature_invalid'));
    expect(cache.find('18999')).toBeNull();
    expect(cache.find('19000')).not.toBeNull();
    expect(cache.find('good')).not.toBeNull();
  });
});
