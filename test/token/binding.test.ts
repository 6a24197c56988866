import { beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../src/core/ports.ts';
import { acceptedSchemes, type SenderConstraint } from '../../src/core/sender-constraint.ts';
import type { Principal } from '../../src/core/types.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createBinding, type Presented } from '../../src/token/binding.ts';
import { asByteSequence, clientCertificate } from '../support/client-certificate.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { mintProof, type ProofKey, proofKey } from '../support/dpop.ts';
import { testIssuer, testResource } from '../support/issuer.ts';

const token = 'access-token';
let key: ProofKey;
let otherKey: ProofKey;

beforeAll(async () => {
  key = await proofKey();
  otherKey = await proofKey('Ed25519');
});

function principal(claims: Record<string, unknown> = {}): Principal {
  return {
    issuer: testIssuer,
    subject: 'alice',
    clientId: 'inspector',
    scopes: new Set(['a']),
    expiresAt: Number.POSITIVE_INFINITY,
    claims,
  };
}

const bound = () => principal({ cnf: { jkt: key.jkt } });

function sent(change: Partial<Presented> & { proof?: string } = {}): Presented {
  const { proof, ...presented } = change;
  // What the socket saw: another scheme, host and port than the public URL.
  const request = new Request('http://127.0.0.1:3000/mcp', {
    method: 'POST',
    headers: proof === undefined ? {} : { DPoP: proof },
  });
  return { scheme: 'bearer', token, request, clientCertificate: null, ...presented };
}

interface Rig {
  readonly clock: ManualClock;
  readonly check: (who: Principal, presented: Presented) => Promise<void>;
  readonly proof: (claims?: Record<string, unknown>, by?: ProofKey) => Promise<string>;
}

function rig(change: Partial<SenderConstraint> = {}, faults: Partial<Store> = {}): Rig {
  const clock = manualClock();
  const options: SenderConstraint = {
    dpop: 'optional',
    dpopNonce: false,
    resource: testResource,
    certificateHeader: null,
    trustedProxies: [],
    ...change,
  };
  const binding = createBinding(options, {
    clock,
    store: { ...createMemoryStore(clock), ...faults },
  });
  return {
    clock,
    check: binding.check,
    proof: (claims = {}, by = key) => mintProof({ key: by, token, nowMs: clock.now(), claims }),
  };
}

const down = () => Promise.reject(new Error('ECONNREFUSED'));

describe('createBinding, for tokens that are not bound', () => {
  it.each(['off', 'optional'] as const)(
    'lets them pass as Bearer while DPoP is %s',
    async (dpop) => {
      const { check } = rig({ dpop });
      await expect(check(principal(), sent())).resolves.toBeUndefined();
    },
  );

  it('does not look at a proof that nobody asked for', async () => {
    const { check } = rig();
    await expect(check(principal(), sent({ proof: 'garbage' }))).resolves.toBeUndefined();
  });

  it('refuses them under the scheme DPoP, with a proof and without', async () => {
    const { check, proof } = rig();
    for (const presented of [
      sent({ scheme: 'dpop' }),
      sent({ scheme: 'dpop', proof: await proof() }),
    ]) {
      await expect(check(principal(), presented)).rejects.toMatchObject({
        code: 'binding_mismatch',
      });
    }
  });

  it('refuses them where DPoP is required, however they come', async () => {
    const { check, proof } = rig({ dpop: 'required' });
    for (const presented of [sent(), sent({ scheme: 'dpop', proof: await proof() })]) {
      await expect(check(principal(), presented)).rejects.toMatchObject({
        code: 'binding_required',
      });
    }
  });
});

describe('createBinding, for cnf that it cannot honour', () => {
  it.each([
    ['null', null],
    ['text', 'jkt'],
    ['a list', []],
    ['nothing inside', {}],
    ['undefined', undefined],
    ['a key', { jwk: { kty: 'EC' } }],
    ['an encrypted key', { jwe: 'a.b.c.d.e' }],
    ['a key id', { kid: 'a' }],
    ['a key set address', { jku: 'https://idp.example/keys' }],
    ['an unknown member', { osc: 'a' }],
    ['an unknown member beside a known one', { jkt: 'a', 'x5t#S512': 'b' }],
    ['an empty thumbprint', { jkt: '' }],
    ['a thumbprint that is no text', { jkt: 1 }],
    ['a null thumbprint', { jkt: null }],
    ['a certificate thumbprint that is no text', { 'x5t#S256': ['a'] }],
    ['only a kind of key', { 'kc-jkt-type': 'DPoP' }],
    ['another kind of key', { jkt: 'a', 'kc-jkt-type': 'attestation' }],
    ['a name of Object.prototype', { constructor: 'a' }],
  ])('refuses %s', async (_, cnf) => {
    for (const scheme of ['bearer', 'dpop'] as const) {
      const { check, proof } = rig();
      await expect(
        check(principal({ cnf }), sent({ scheme, proof: await proof() })),
      ).rejects.toMatchObject({ code: 'binding_required' });
    }
  });

  it.each([{ typ: 'DPoP' }, { token_type: 'DPoP' }, { token_type: 'dpop' }])(
    'refuses a token whose issuer says DPoP (%j) but names no key',
    async (claims) => {
      const { check } = rig();
      await expect(check(principal(claims), sent())).rejects.toMatchObject({
        code: 'binding_required',
      });
      const certificate = { ...claims, cnf: { 'x5t#S256': clientCertificate.thumbprint } };
      const presented = sent({ clientCertificate: asByteSequence(clientCertificate.pem) });
      await expect(check(principal(certificate), presented)).rejects.toMatchObject({
        code: 'binding_required',
      });
    },
  );

  it('does not take Bearer for DPoP', async () => {
    const { check } = rig();
    const claims = { typ: 'Bearer', token_type: 'Bearer' };
    await expect(check(principal(claims), sent())).resolves.toBeUndefined();
  });
});

describe('createBinding, for tokens bound to a DPoP key', () => {
  it.each(['optional', 'required'] as const)('accepts them with a proof (%s)', async (dpop) => {
    const { check, proof } = rig({ dpop });
    const presented = sent({ scheme: 'dpop', proof: await proof() });
    await expect(check(bound(), presented)).resolves.toBeUndefined();
  });

  it("reads Keycloak's cnf, which has a member of its own", async () => {
    const { check, proof } = rig();
    const claims = { typ: 'DPoP', cnf: { jkt: key.jkt, 'kc-jkt-type': 'DPoP' } };
    const presented = sent({ scheme: 'dpop', proof: await proof() });
    await expect(check(principal(claims), presented)).resolves.toBeUndefined();
  });

  it.each(['off', 'optional', 'required'] as const)(
    'refuses them as plain Bearer while DPoP is %s, with a proof too',
    async (dpop) => {
      const { check, proof } = rig({ dpop });
      for (const presented of [sent(), sent({ proof: await proof() })]) {
        await expect(check(bound(), presented)).rejects.toMatchObject({ code: 'binding_required' });
      }
    },
  );

  it('refuses them while DPoP is off, whatever came with them', async () => {
    const { check, proof } = rig({ dpop: 'off' });
    const presented = sent({ scheme: 'dpop', proof: await proof() });
    await expect(check(bound(), presented)).rejects.toMatchObject({ code: 'binding_required' });
  });

  it('refuses a missing proof', async () => {
    await expect(rig().check(bound(), sent({ scheme: 'dpop' }))).rejects.toMatchObject({
      code: 'proof_invalid',
      detail: { check: 'missing' },
    });
  });

  it('refuses a valid proof of another key', async () => {
    const { check, proof } = rig();
    const presented = sent({ scheme: 'dpop', proof: await proof({}, otherKey) });
    await expect(check(bound(), presented)).rejects.toMatchObject({ code: 'binding_mismatch' });
  });

  it('refuses a proof that was made for another token', async () => {
    const { check, clock } = rig();
    const proof = await mintProof({ key, token: 'another', nowMs: clock.now() });
    await expect(check(bound(), sent({ scheme: 'dpop', proof }))).rejects.toMatchObject({
      code: 'proof_invalid',
      detail: { check: 'ath' },
    });
  });

  it('wants the public URL in the proof, and nothing that the request says', async () => {
    const { check, proof } = rig();
    const presented = sent({
      scheme: 'dpop',
      proof: await proof({ htu: 'http://127.0.0.1:3000/mcp' }),
    });
    await expect(check(bound(), presented)).rejects.toMatchObject({ detail: { check: 'htu' } });
  });

  it('wants a proof for the method of the request', async () => {
    const { check, proof } = rig();
    const request = new Request('http://127.0.0.1:3000/mcp', {
      headers: { DPoP: await proof({ htm: 'GET' }) },
    });
    await expect(check(bound(), sent({ scheme: 'dpop', request }))).resolves.toBeUndefined();
    const posted = sent({ scheme: 'dpop', proof: await proof({ htm: 'GET' }) });
    await expect(check(bound(), posted)).rejects.toMatchObject({ detail: { check: 'htm' } });
  });
});

describe('createBinding, for replayed proofs', () => {
  it('refuses a proof the second time', async () => {
    const { check, proof } = rig();
    const presented = sent({ scheme: 'dpop', proof: await proof() });
    await check(bound(), presented);
    await expect(check(bound(), presented)).rejects.toMatchObject({
      code: 'proof_invalid',
      detail: { check: 'jti', reason: 'replayed' },
    });
  });

  it('accepts one of many that bring it at the same time', async () => {
    const { check, proof } = rig();
    const presented = sent({ scheme: 'dpop', proof: await proof() });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => check(bound(), presented)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it.each([-300, 0, 300])(
    'remembers a proof made %s s from now for as long as it is good',
    async (ahead) => {
      const { check, clock, proof } = rig();
      const presented = sent({
        scheme: 'dpop',
        proof: await proof({ iat: clock.now() / 1_000 + ahead }),
      });
      await check(bound(), presented);
      clock.advance((300 + ahead) * 1_000);
      await expect(check(bound(), presented)).rejects.toMatchObject({ detail: { check: 'jti' } });
      clock.advance(1);
      await expect(check(bound(), presented)).rejects.toMatchObject({ detail: { check: 'iat' } });
    },
  );

  it('keeps the identifiers of two keys apart', async () => {
    const { check, proof } = rig();
    const other = principal({ cnf: { jkt: otherKey.jkt } });
    const jti = 'same';
    await check(bound(), sent({ scheme: 'dpop', proof: await proof({ jti }) }));
    const presented = sent({ scheme: 'dpop', proof: await proof({ jti }, otherKey) });
    await expect(check(other, presented)).resolves.toBeUndefined();
  });

  it('does not use up a proof that is refused', async () => {
    const { check, proof } = rig();
    const presented = sent({ scheme: 'dpop', proof: await proof() });
    const another = principal({ cnf: { jkt: otherKey.jkt } });
    await expect(check(another, presented)).rejects.toMatchObject({ code: 'binding_mismatch' });
    await expect(check(bound(), presented)).resolves.toBeUndefined();
  });

  it('answers 503 while the store is down, and lets nothing pass', async () => {
    const { check, proof } = rig({}, { increment: down });
    const presented = sent({ scheme: 'dpop', proof: await proof() });
    await expect(check(bound(), presented)).rejects.toMatchObject({
      code: 'issuer_unavailable',
      row: { status: 503 },
    });
    await expect(check(principal(), sent())).resolves.toBeUndefined();
  });
});

describe('createBinding, where a nonce is wanted', () => {
  async function challengedNonce({ check, proof }: Rig): Promise<string> {
    const presented = sent({ scheme: 'dpop', proof: await proof() });
    const error = await check(bound(), presented).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'proof_nonce_required',
      dpopNonce: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
    });
    return (error as { dpopNonce: string }).dpopNonce;
  }

  it('hands one out, and accepts the next proof with it, and further ones', async () => {
    const self = rig({ dpopNonce: true });
    const nonce = await challengedNonce(self);
    for (let round = 0; round < 3; round++) {
      const presented = sent({ scheme: 'dpop', proof: await self.proof({ nonce }) });
      await expect(self.check(bound(), presented)).resolves.toBeUndefined();
    }
  });

  it('hands out another when the old one is over', async () => {
    const self = rig({ dpopNonce: true });
    const nonce = await challengedNonce(self);
    self.clock.advance(300_000);
    const presented = sent({ scheme: 'dpop', proof: await self.proof({ nonce }) });
    await expect(self.check(bound(), presented)).rejects.toMatchObject({
      code: 'proof_nonce_required',
    });
    expect(await challengedNonce(self)).not.toBe(nonce);
  });

  it.each(['', 'made-up', 'A'.repeat(22)])('refuses the nonce %j', async (nonce) => {
    const { check, proof } = rig({ dpopNonce: true });
    const presented = sent({ scheme: 'dpop', proof: await proof({ nonce }) });
    await expect(check(bound(), presented)).rejects.toMatchObject({ code: 'proof_nonce_required' });
  });

  it('hands none out to a proof that is wrong besides', async () => {
    const { check, proof } = rig({ dpopNonce: true });
    for (const wrong of [await proof({ htm: 'GET' }), await proof({}, otherKey)]) {
      await expect(check(bound(), sent({ scheme: 'dpop', proof: wrong }))).rejects.toMatchObject({
        code: expect.stringMatching(/^(proof_invalid|binding_mismatch)$/),
        dpopNonce: null,
      });
    }
  });

  it('still refuses a replay', async () => {
    const self = rig({ dpopNonce: true });
    const nonce = await challengedNonce(self);
    const presented = sent({ scheme: 'dpop', proof: await self.proof({ nonce }) });
    await self.check(bound(), presented);
    await expect(self.check(bound(), presented)).rejects.toMatchObject({
      detail: { check: 'jti' },
    });
  });

  it.each([
    ['a nonce cannot be stored', { set: down }, {}],
    ['a nonce cannot be looked up', { get: down }, { nonce: 'A'.repeat(22) }],
  ])('answers 503 where %s', async (_, faults, claims) => {
    const { check, proof } = rig({ dpopNonce: true }, faults);
    const presented = sent({ scheme: 'dpop', proof: await proof(claims) });
    await expect(check(bound(), presented)).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });

  it('ignores a nonce where none is wanted', async () => {
    const { check, proof } = rig();
    const presented = sent({ scheme: 'dpop', proof: await proof({ nonce: 'of-another' }) });
    await expect(check(bound(), presented)).resolves.toBeUndefined();
  });
});

describe('createBinding, for tokens bound to a client certificate', () => {
  const certified = () => principal({ cnf: { 'x5t#S256': clientCertificate.thumbprint } });
  const handedOver = asByteSequence(clientCertificate.pem);

  it.each(['off', 'optional'] as const)('accepts them with the certificate (%s)', async (dpop) => {
    const { check } = rig({ dpop });
    const presented = sent({ clientCertificate: handedOver });
    await expect(check(certified(), presented)).resolves.toBeUndefined();
  });

  it('refuses them without one', async () => {
    await expect(rig().check(certified(), sent())).rejects.toMatchObject({
      code: 'binding_required',
    });
  });

  it.each([
    ['another certificate', handedOver.replace('MIIBij', 'MIIBik')],
    ['two certificates', `${handedOver}, ${handedOver}`],
    ['what is no certificate', 'CN=client.example'],
    ['the thumbprint itself', clientCertificate.thumbprint],
  ])('refuses them with %s', async (_, value) => {
    await expect(
      rig().check(certified(), sent({ clientCertificate: value })),
    ).rejects.toMatchObject({ code: 'binding_mismatch' });
  });

  it('refuses them under the scheme DPoP, and where DPoP is required', async () => {
    const presented = sent({ scheme: 'dpop', clientCertificate: handedOver });
    await expect(rig().check(certified(), presented)).rejects.toMatchObject({
      code: 'binding_mismatch',
    });
    await expect(
      rig({ dpop: 'required' }).check(certified(), sent({ clientCertificate: handedOver })),
    ).rejects.toMatchObject({ code: 'binding_required' });
  });

  it('asks for both proofs of a token that is bound twice', async () => {
    const twice = principal({
      cnf: { jkt: key.jkt, 'x5t#S256': clientCertificate.thumbprint },
    });
    const { check, proof } = rig();
    const both = sent({ scheme: 'dpop', proof: await proof(), clientCertificate: handedOver });
    await expect(check(twice, both)).resolves.toBeUndefined();
    const onlyProof = sent({ scheme: 'dpop', proof: await proof() });
    await expect(check(twice, onlyProof)).rejects.toMatchObject({ code: 'binding_required' });
    const onlyCertificate = sent({ clientCertificate: handedOver });
    await expect(check(twice, onlyCertificate)).rejects.toMatchObject({ code: 'binding_required' });
  });
});

describe('acceptedSchemes', () => {
  it.each([
    ['off', ['bearer']],
    ['optional', ['bearer', 'dpop']],
    ['required', ['dpop']],
  ] as const)('where DPoP is %s: %j', (dpop, schemes) => {
    expect(acceptedSchemes({ dpop })).toEqual(schemes);
  });
});
