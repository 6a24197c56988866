import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/core/types.ts';
import { type AssertionOptions, createAssertionSigner } from '../../src/token/assertion.ts';
import { epochMs, manualClock } from '../support/clock.ts';
import { testIssuer, testResource } from '../support/issuer.ts';

const audience = 'http://127.0.0.1:9000/mcp';
const alice: Principal = {
  issuer: testIssuer,
  subject: 'alice',
  clientId: 'client-1',
  scopes: new Set(['mcp:read', 'mcp:write']),
  expiresAt: epochMs / 1_000 + 600,
  claims: { email: 'alice@example.com', sub: 'mallory', groups: ['a', 'b'] },
};

function rig(more: Partial<AssertionOptions> = {}) {
  const clock = manualClock();
  const signer = createAssertionSigner({
    resource: testResource,
    audience,
    claims: [],
    key: null,
    clock,
    ...more,
  });
  async function verified(principal: Principal = alice) {
    const keys = createLocalJWKSet({ keys: [await signer.publicKey()] });
    return jwtVerify(await signer.sign(principal), keys, {
      issuer: testResource,
      audience,
      currentDate: new Date(clock.now()),
    });
  }
  return { clock, signer, verified };
}

async function privateKey(
  algorithm: string,
  options: { modulusLength?: number; crv?: string } = {},
) {
  const { privateKey: key } = await generateKeyPair(algorithm, { extractable: true, ...options });
  return exportJWK(key);
}

describe('createAssertionSigner', () => {
  it('says who calls, to one MCP server, for a minute', async () => {
    const { payload, protectedHeader } = await rig().verified();
    const now = Math.floor(epochMs / 1_000);
    expect(payload).toEqual({
      iss: testResource,
      aud: audience,
      sub: 'alice',
      client_id: 'client-1',
      scope: 'mcp:read mcp:write',
      idp: testIssuer,
      iat: now,
      exp: now + 60,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid: expect.any(String) });
  });

  it('repeats the claims that it is told to, where the token has them', async () => {
    const { payload } = await rig({ claims: ['email', 'groups', 'phone', 'toString'] }).verified();
    expect(payload).toMatchObject({ email: 'alice@example.com', groups: ['a', 'b'], sub: 'alice' });
    expect(Object.hasOwn(payload, 'phone') || Object.hasOwn(payload, 'toString')).toBe(false);
  });

  it('names no subject and no client where the token names none', async () => {
    const { payload } = await rig().verified({ ...alice, subject: null, clientId: null });
    expect(payload).not.toHaveProperty('sub');
    expect(payload).not.toHaveProperty('client_id');
  });

  it('never lets a claim of the token stand in for one of its own', async () => {
    const names = ['iss', 'aud', 'sub', 'exp', 'iat', 'jti', 'client_id', 'scope', 'idp'];
    const claims = Object.fromEntries(names.map((name) => [name, 'forged']));
    const { payload } = await rig({ claims: names }).verified({ ...alice, claims });
    expect(JSON.stringify(payload)).not.toContain('forged');
  });

  it('signs once for a principal and half a minute, and anew after that', async () => {
    const { signer, clock } = rig();
    const first = await signer.sign(alice);
    clock.advance(29_999);
    expect(await signer.sign(alice)).toBe(first);
    clock.advance(1);
    expect(await signer.sign(alice)).not.toBe(first);
  });

  it('signs for each principal on its own', async () => {
    const { signer } = rig();
    expect(await signer.sign({ ...alice })).not.toBe(await signer.sign({ ...alice }));
  });

  it.each([
    ['ES256', {}],
    ['ES384', {}],
    ['EdDSA', { crv: 'Ed25519' }],
    ['RS256', { modulusLength: 2048 }],
  ] as const)(
    'signs with a %s key of the operator and publishes its public half alone',
    async (algorithm, options) => {
      const jwk = await privateKey(algorithm, options);
      const { signer, verified } = rig({ key: { algorithm, jwk: { ...jwk, kid: 'mine' } } });
      expect((await verified()).protectedHeader).toMatchObject({ alg: algorithm, kid: 'mine' });
      const published = await signer.publicKey();
      expect(published).toMatchObject({ kid: 'mine', alg: algorithm, use: 'sig' });
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi'])
        expect(published).not.toHaveProperty(secret);
    },
  );

  it('names a key without kid by its thumbprint, so that replicas with one key agree', async () => {
    const key = { algorithm: 'ES256', jwk: await privateKey('ES256') } as const;
    const [one, other] = await Promise.all(
      [rig({ key }), rig({ key })].map(({ signer }) => signer.publicKey()),
    );
    expect(one).toEqual(other);
    expect(await rig().signer.publicKey()).not.toEqual(await rig().signer.publicKey());
  });
});
