import { createHash } from 'node:crypto';
import { argon2id } from '@noble/hashes/argon2.js';
import { describe, expect, it } from 'vitest';
import { type StaticToken, staticIssuer } from '../../src/core/static-token.ts';
import { createStaticTokens } from '../../src/token/static-tokens.ts';
import { epochMs, manualClock } from '../support/clock.ts';

const secret = 'mcpd_c2VjcmV0LXRva2VuLWZvci10ZXN0cw';
const hashOf = (token: string) => `sha256:${createHash('sha256').update(token).digest('hex')}`;

/** `password`, hashed by the reference implementation of argon2 (its own test vectors). */
const argon2Password =
  '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
const argon2PasswordTwoLanes =
  '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc';

function staticToken(change: Partial<StaticToken> = {}): StaticToken {
  return { name: 'ci', hash: hashOf(secret), scopes: ['a', 'b'], expiresAt: null, ...change };
}

describe('createStaticTokens', () => {
  it('makes a principal of the token behind a SHA-256', async () => {
    const tokens = createStaticTokens([staticToken()], { clock: manualClock() });
    expect(await tokens.find(secret)).toEqual({
      issuer: staticIssuer,
      subject: 'ci',
      clientId: null,
      scopes: new Set(['a', 'b']),
      expiresAt: Number.POSITIVE_INFINITY,
      claims: {},
    });
  });

  it('gives no scope that is not listed', async () => {
    const tokens = createStaticTokens([staticToken({ scopes: [] })], { clock: manualClock() });
    expect((await tokens.find(secret))?.scopes).toEqual(new Set());
  });

  it.each([
    ['one bit changed', `${secret.slice(0, -1)}v`],
    ['a prefix', secret.slice(0, -1)],
    ['a longer one', `${secret}a`],
    ['other case', secret.toUpperCase()],
    ['nothing', ''],
    ['the hash itself', hashOf(secret)],
    ['a megabyte', 'a'.repeat(1_000_000)],
    ['a JWT', 'eyJhbGciOiJub25lIn0.e30.c2ln'],
  ])('does not know %s', async (_, token) => {
    const tokens = createStaticTokens([staticToken()], { clock: manualClock() });
    expect(await tokens.find(token)).toBeNull();
  });

  it('tells several tokens apart, wherever they stand', async () => {
    const names = ['first', 'second', 'third'];
    const tokens = createStaticTokens(
      names.map((name) => staticToken({ name, hash: hashOf(`token-of-${name}`), scopes: [name] })),
      { clock: manualClock() },
    );
    for (const name of names) {
      expect(await tokens.find(`token-of-${name}`)).toMatchObject({
        subject: name,
        scopes: new Set([name]),
      });
    }
  });

  it('refuses an expired token on the wall clock, without leeway, naming the scopes it held', async () => {
    const clock = manualClock();
    const expiresAt = epochMs / 1_000 + 60;
    const tokens = createStaticTokens([staticToken({ expiresAt })], { clock });
    clock.jump(59_999);
    expect((await tokens.find(secret))?.expiresAt).toBe(expiresAt);
    clock.jump(1);
    await expect(tokens.find(secret)).rejects.toMatchObject({
      code: 'token_expired',
      scopes: ['a', 'b'],
    });
    clock.jump(-1);
    expect(await tokens.find(secret)).not.toBeNull();
  });

  it('shows neither token nor hash when it refuses', async () => {
    const tokens = createStaticTokens([staticToken({ expiresAt: 0 })], { clock: manualClock() });
    const error = await tokens.find(secret).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'token_expired', detail: { staticToken: 'ci', exp: 0 } });
    const shown = JSON.stringify(error) + String(error);
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(hashOf(secret).slice(7));
  });

  it('refuses a hash that it cannot read, naming the token but not the text', () => {
    const create = () =>
      createStaticTokens([staticToken({ hash: 'mcpd_plain' })], { clock: manualClock() });
    expect(create).toThrow(TypeError);
    expect(create).toThrow(/static token ci must be sha256/);
    expect(create).not.toThrow(/mcpd_plain/);
  });

  it('refuses an expiry that is no number, which would never come', () => {
    const expiresAt = Date.parse('31.01.2027 8 Uhr') / 1_000;
    const create = () => createStaticTokens([staticToken({ expiresAt })], { clock: manualClock() });
    expect(create).toThrow(new TypeError('expiresAt of static token ci is no number'));
  });
});

/** Slow enough for a flood to pile up behind it on any machine. */
const slowHash = (() => {
  const salt = new TextEncoder().encode('sixteen byte salt');
  const hash = argon2id('password', salt, { m: 8_192, t: 3, p: 1 });
  const encode = (bytes: Uint8Array): string =>
    Buffer.from(bytes).toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=8192,t=3,p=1$${encode(salt)}$${encode(hash)}`;
})();

describe('createStaticTokens with argon2id', () => {
  it.each([argon2Password, argon2PasswordTwoLanes])('knows the token behind %s', async (hash) => {
    const tokens = createStaticTokens([staticToken({ hash })], { clock: manualClock() });
    expect(await tokens.find('password')).toMatchObject({ subject: 'ci' });
    expect(await tokens.find('Password')).toBeNull();
  });

  it('knows it again, and judges expiry anew each time', async () => {
    const clock = manualClock();
    const expiresAt = epochMs / 1_000 + 60;
    const tokens = createStaticTokens([staticToken({ hash: argon2Password, expiresAt })], {
      clock,
    });
    expect(await tokens.find('password')).not.toBeNull();
    clock.advance(60_000);
    await expect(tokens.find('password')).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('stands beside SHA-256 tokens', async () => {
    const tokens = createStaticTokens(
      [
        staticToken({ name: 'a', hash: argon2Password }),
        staticToken({ name: 'b' }),
        staticToken({ name: 'c', hash: argon2PasswordTwoLanes.replace('bQk8', 'bQk9') }),
      ],
      { clock: manualClock() },
    );
    expect(await tokens.find('password')).toMatchObject({ subject: 'a' });
    expect(await tokens.find(secret)).toMatchObject({ subject: 'b' });
    expect(await tokens.find('unknown')).toBeNull();
  });

  it('never tries a JWT, so that OAuth users do not wait', async () => {
    const tokens = createStaticTokens([staticToken({ hash: argon2Password })], {
      clock: manualClock(),
    });
    const jwts = Array.from({ length: 100 }, (_, index) => `eyJ${index}.e30.c2ln`);
    const found = await Promise.all(jwts.map(tokens.find));
    expect(found.every((principal) => principal === null)).toBe(true);
  });

  it('answers a flood of made-up tokens with 503, and those it has seen at once', async () => {
    const tokens = createStaticTokens([staticToken({ hash: slowHash }), staticToken()], {
      clock: manualClock(),
    });
    expect(await tokens.find('password')).not.toBeNull();
    expect(await tokens.find('guess')).toBeNull();

    const flood = Array.from({ length: 50 }, (_, index) => tokens.find(`made-up-${index}`));
    const settled = Promise.allSettled(flood);
    expect(await tokens.find('password')).toMatchObject({ subject: 'ci' });
    expect(await tokens.find(secret)).toMatchObject({ subject: 'ci' });
    expect(await tokens.find('guess')).toBeNull();
    const outcomes = await settled;
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(flood.length);
    for (const { reason } of refused) {
      expect(reason).toMatchObject({ code: 'issuer_unavailable', retryAfterSeconds: 5 });
    }
    expect(await tokens.find('made-up-49')).toBeNull();
  });

  it('tries a token once for all requests that bring it at the same time', async () => {
    const tokens = createStaticTokens([staticToken({ hash: argon2Password })], {
      clock: manualClock(),
    });
    const found = await Promise.all(Array.from({ length: 50 }, () => tokens.find('password')));
    expect(found.every((principal) => principal?.subject === 'ci')).toBe(true);
  });
});
