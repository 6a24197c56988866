import { base64url } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVerifier, type Verifier } from '../../src/token/verifier.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import {
  accessTokenClaims,
  type FakeIssuer,
  fakeIssuer,
  signingKey,
  signText,
  testPorts,
  trusting,
} from '../support/issuer.ts';

let clock: ManualClock;
let idp: FakeIssuer;
let ports: ReturnType<typeof testPorts>;
let verifier: Verifier;

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
  verifier = createVerifier({ issuers: [trusting(idp.issuer)], staticTokens: [], ports });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a good signature', () => {
  it.each(['RS256', 'PS256', 'ES384', 'EdDSA'])('may be signed with %s', async (alg) => {
    await idp.rotate({ alg });
    expect(await refusal(await idp.mint())).toBe('accepted');
  });

  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+JWT', 'JWT', undefined])(
    'may have typ %s',
    async (typ) => {
      expect(await refusal(await idp.mint({}, { typ }))).toBe('accepted');
    },
  );

  it('may name no kid while any published key verifies it', async () => {
    await idp.rotate({ overlap: true });
    expect(await refusal(await idp.mint({}, { kid: undefined }))).toBe('accepted');
  });

  it('is verified by the published key whatever keys its header brings', async () => {
    const { jwk } = await signingKey('evil');
    const header = { jwk, jku: 'https://evil.example/', x5u: 'https://evil.example/', x5c: ['AA'] };
    expect(await refusal(await idp.mint({}, header))).toBe('accepted');
    expect(idp.requests.filter((url) => url.includes('evil'))).toEqual([]);
  });
});

describe('a signature or header that is not right', () => {
  const forge = (
    header: Record<string, unknown>,
    claims = accessTokenClaims(idp.issuer, clock.now()),
  ) => signText(JSON.stringify(claims), { typ: 'at+jwt', kid: 'key-1', ...header }, idp.signing);

  it.each([
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'HS256',
    'HS512',
    'RS1',
    'ES512',
    'ES256K',
    '__proto__',
    7,
    null,
    ['ES256'],
    undefined,
  ])('is refused: alg %j', async (alg) => {
    expect(await refusal(await forge({ alg }))).toBe('algorithm_denied');
    expect(idp.requests).toEqual([]);
  });

  it('is refused: HMAC with the public key as secret', async () => {
    const { jwk } = idp.signing;
    for (const secret of [JSON.stringify(jwk), jwk.x ?? '']) {
      const key = await crypto.subtle.importKey(
        'raw',
        new TextEncoder().encode(secret),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['sign'],
      );
      const token = await signText(
        JSON.stringify(accessTokenClaims(idp.issuer, clock.now())),
        { kid: 'key-1', typ: 'at+jwt' },
        { kid: 'key-1', alg: 'HS256', privateKey: key, jwk },
      );
      expect(await refusal(token)).toBe('algorithm_denied');
    }
  });

  it('is refused: an algorithm of another family under the kid of a key', async () => {
    expect(await refusal(await forge({ alg: 'RS256' }))).toBe('key_unknown');
  });

  it.each([
    { crit: ['x'], x: 1 },
    { crit: [] },
    { crit: ['alg'] },
    { crit: 'x' },
    { crit: null },
    { b64: false },
    { b64: true },
    { crit: ['b64'], b64: false },
  ])('is refused: %j', async (member) => {
    expect(await refusal(await forge(member))).toBe('token_malformed');
    expect(idp.requests).toEqual([]);
  });

  it.each([7, null, {}, ['key-1'], true])('is refused: kid %j', async (kid) => {
    expect(await refusal(await forge({ kid }))).toBe('token_malformed');
    expect(idp.requests).toEqual([]);
  });

  it.each([7, null, {}])('is refused: typ %j', async (typ) => {
    expect(await refusal(await forge({ typ }))).toBe('token_malformed');
  });

  it.each([
    'logout+jwt',
    'secevent+jwt',
    'dpop+jwt',
    'oauth-id-jag+jwt',
    'token-introspection+jwt',
    'at+jwt;x',
    'application/application/at+jwt',
    '',
  ])('is refused: typ %j', async (typ) => {
    expect(await refusal(await forge({ typ }))).toBe('type_denied');
  });

  it.each(['nonce', 'at_hash', 'c_hash', 'events'])(
    'is refused: an ID token with %s',
    async (name) => {
      const claims = { ...accessTokenClaims(idp.issuer, clock.now()), [name]: 'x' };
      expect(await refusal(await forge({ typ: 'JWT' }, claims))).toBe('type_denied');
    },
  );

  it.each(['', '__proto__', '../../dev/null', "' or 1=1", '\0', 'k'.repeat(4_096)])(
    'is refused: kid %j',
    async (kid) => {
      expect(await refusal(await forge({ kid }))).toBe('key_unknown');
      expect(idp.jwksRequests()).toBe(1);
    },
  );

  it("is refused: another key under the issuer's kid, with or without its own jwk", async () => {
    const evil = await signingKey('key-1');
    for (const header of [{}, { jwk: evil.jwk }]) {
      const token = await signText(
        JSON.stringify(accessTokenClaims(idp.issuer, clock.now())),
        { typ: 'at+jwt', kid: 'key-1', ...header },
        evil,
      );
      expect(await refusal(token)).toBe('signature_invalid');
    }
  });

  it('is refused: a changed payload, a swapped signature, an empty one', async () => {
    const [header, payload, signature] = (await idp.mint()).split('.');
    const other = base64url.encode(
      JSON.stringify(accessTokenClaims(idp.issuer, clock.now() + 9e3)),
    );
    const [, , foreign] = (await idp.mint({ sub: 'bob' })).split('.');
    expect(await refusal(`${header}.${other}.${signature}`)).toBe('signature_invalid');
    expect(await refusal(`${header}.${payload}.${foreign}`)).toBe('signature_invalid');
    expect(await refusal(`${header}.${payload}.AAAA`)).toBe('signature_invalid');
    expect(await refusal(`${header}.${payload}.`)).toBe('token_malformed');
  });

  it.each([
    ['header', '{"alg":"none","alg":"ES256","kid":"key-1","typ":"at+jwt"}', undefined],
    ['payload', undefined, '"sub":"root"'],
  ])('is refused: repeated member names in the %s', async (_, header, claim) => {
    const claims = JSON.stringify(accessTokenClaims(idp.issuer, clock.now()));
    const payload = claim === undefined ? claims : `${claims.slice(0, -1)},${claim}}`;
    const token = await signText(payload, header ?? { typ: 'at+jwt', kid: 'key-1' }, idp.signing);
    expect(await refusal(token)).toBe('token_malformed');
  });

  it('is refused: a spelling of a good token that is not the canonical one', async () => {
    const token = await idp.mint();
    expect(await refusal(token)).toBe('accepted');
    for (const other of [
      `${token} `,
      `${token}\n`,
      ` ${token}`,
      token.replace('.', '. '),
      `${token}=`,
    ])
      expect(await refusal(other)).toBe('token_malformed');
  });
});

describe('the same kid for a new key', () => {
  it('is found by one more fetch, and not sought more than once per 30 seconds', async () => {
    expect(await refusal(await idp.mint())).toBe('accepted');
    await idp.rotate({ kid: 'key-1' });
    expect(await refusal(await idp.mint())).toBe('accepted');
    expect(idp.jwksRequests()).toBe(2);

    const evil = await signingKey('key-1');
    for (let i = 0; i < 200; i++) {
      const claims = { ...accessTokenClaims(idp.issuer, clock.now()), jti: `${i}` };
      const token = await signText(JSON.stringify(claims), { typ: 'at+jwt', kid: 'key-1' }, evil);
      expect(await refusal(token)).toBe('signature_invalid');
    }
    expect(idp.jwksRequests()).toBe(2);
  });

  it('does not turn a bad signature into an outage when the fetch fails', async () => {
    expect(await refusal(await idp.mint())).toBe('accepted');
    const evil = await signingKey('key-1');
    const claims = JSON.stringify(accessTokenClaims(idp.issuer, clock.now()));
    idp.faults.jwks = 'down';
    const token = await signText(claims, { typ: 'at+jwt', kid: 'key-1' }, evil);
    expect(await refusal(token)).toBe('signature_invalid');
  });
});
