import { base64url, exportJWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ProvenRequest, verifyProof } from '../../src/token/dpop.ts';
import { epochMs } from '../support/clock.ts';
import { accessTokenHash, mintProof, type ProofKey, proofKey } from '../support/dpop.ts';
import { signText, testResource } from '../support/issuer.ts';

const token = 'access-token';
const now = epochMs / 1_000;
const request: ProvenRequest = { method: 'POST', url: testResource, token, nowMs: epochMs };
let key: ProofKey;

beforeAll(async () => {
  key = await proofKey();
});

const proofWith = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
  mintProof({ key, token, claims, header });

async function expectRefusal(value: string | null, check: string): Promise<void> {
  await expect(verifyProof(value, request)).rejects.toMatchObject({
    code: 'proof_invalid',
    detail: { check },
  });
}

describe('verifyProof', () => {
  it('accepts a good proof, and says whose it is', async () => {
    const proof = await proofWith({ jti: 'one' });
    expect(await verifyProof(proof, request)).toEqual({
      jkt: key.jkt,
      jti: 'one',
      iat: now,
      nonce: null,
    });
  });

  it.each(['RS256', 'PS384', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])(
    'accepts proofs by %s',
    async (alg) => {
      const other = await proofKey(alg);
      const jwt = await new SignJWT({
        jti: 'one',
        htm: 'POST',
        htu: testResource,
        iat: now,
        ath: accessTokenHash(token),
      })
        .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: other.publicJwk })
        .sign(other.privateKey);
      expect((await verifyProof(jwt, request)).jkt).toBe(other.jkt);
    },
  );

  it('takes the thumbprint of the key itself, whatever else its JWK says', async () => {
    const jwk = { ...key.publicJwk, kid: 'a', use: 'sig', note: 'b' };
    expect((await verifyProof(await proofWith({}, { jwk }), request)).jkt).toBe(key.jkt);
  });

  it.each([
    ['no DPoP header', async () => null, 'missing'],
    ['an empty one', async () => '', 'not one JWT'],
    ['no JWT', async () => 'proof', 'not one JWT'],
    [
      'two DPoP headers',
      async () => `${await proofWith({})}, ${await proofWith({})}`,
      'not one JWT',
    ],
    [
      'the same proof in two headers',
      async () => {
        const headers = new Headers();
        const proof = await proofWith({});
        headers.append('DPoP', proof);
        headers.append('DPoP', proof);
        return headers.get('DPoP');
      },
      'not one JWT',
    ],
    ['an oversized proof', () => proofWith({ note: 'x'.repeat(9_000) }), 'not one JWT'],
    ['a payload that is no object', () => signText('[]', { typ: 'dpop+jwt' }, key), 'not one JWT'],
    [
      'a repeated claim',
      () => signText('{"htm":"GET","htm":"POST"}', { typ: 'dpop+jwt', jwk: key.publicJwk }, key),
      'not one JWT',
    ],
  ])('refuses %s', async (_, make, check) => {
    await expectRefusal(await make(), check);
  });

  it.each([
    ['typ of a JWT', { typ: 'JWT' }, 'typ'],
    ['typ of an access token', { typ: 'at+jwt' }, 'typ'],
    ['no typ', { typ: undefined }, 'typ'],
    ['typ that is no text', { typ: ['dpop+jwt'] }, 'typ'],
    ['alg none', { alg: 'none' }, 'alg'],
    ['a symmetric alg', { alg: 'HS256' }, 'alg'],
    ['alg in other case', { alg: 'es256' }, 'alg'],
    ['an unknown alg', { alg: 'ES256K' }, 'alg'],
    ['no alg', { alg: undefined }, 'alg'],
    ['an alg of another key type', { alg: 'RS256' }, 'jwk'],
    ['an alg of another curve', { alg: 'ES384' }, 'jwk'],
    ['crit', { crit: ['exp'], exp: 1 }, 'crit'],
    ['b64', { b64: true }, 'crit'],
    ['no jwk', { jwk: undefined }, 'jwk'],
    ['a jwk that is text', { jwk: 'key' }, 'jwk'],
    ['a jwk that is a list', { jwk: [] }, 'jwk'],
    ['a key by address', { jwk: undefined, jku: 'https://evil.example/jwks' }, 'jwk'],
    ['a key by certificate', { jwk: undefined, x5c: ['AAAA'] }, 'jwk'],
  ])('refuses a header with %s', async (_, header, check) => {
    await expectRefusal(await proofWith({}, header), check);
  });

  it('refuses a jwk with a private member', async () => {
    const jwk = await exportJWK(key.privateKey);
    await expectRefusal(await proofWith({}, { jwk }), 'jwk');
  });

  it('refuses a symmetric jwk, even under an asymmetric alg', async () => {
    await expectRefusal(await proofWith({}, { jwk: { kty: 'oct', k: 'AAAA' } }), 'jwk');
  });

  it('refuses a weak RSA key', async () => {
    const modulus = base64url.encode(new Uint8Array(128).fill(0xff));
    const jwk = { kty: 'RSA', e: 'AQAB', n: modulus };
    await expectRefusal(await proofWith({}, { alg: 'RS256', jwk }), 'jwk');
  });

  it('refuses a proof that another key signed', async () => {
    const { publicJwk } = await proofKey();
    await expectRefusal(await proofWith({}, { jwk: publicJwk }), 'signature');
  });

  it('refuses a proof with changed claims', async () => {
    const [header, , signature] = (await proofWith({})).split('.');
    const [, claims] = (await proofWith({ jti: 'other' })).split('.');
    await expectRefusal(`${header}.${claims}.${signature}`, 'signature');
  });

  it.each([
    ['no jti', { jti: undefined }, 'jti'],
    ['an empty jti', { jti: '' }, 'jti'],
    ['a jti that is no text', { jti: 1 }, 'jti'],
    ['no htm', { htm: undefined }, 'htm'],
    ['another htm', { htm: 'GET' }, 'htm'],
    ['htm in other case', { htm: 'post' }, 'htm'],
    ['no htu', { htu: undefined }, 'htu'],
    ['htu that is no text', { htu: [testResource] }, 'htu'],
    ['another htu', { htu: 'https://other.example/mcp' }, 'htu'],
    ['the htu of the socket', { htu: 'http://127.0.0.1:3000/mcp' }, 'htu'],
    ['no iat', { iat: undefined }, 'iat'],
    ['iat as text', { iat: `${now}` }, 'iat'],
    ['iat that is null', { iat: null }, 'iat'],
    ['iat too old', { iat: now - 301 }, 'iat'],
    ['iat too far ahead', { iat: now + 301 }, 'iat'],
    ['iat in milliseconds', { iat: epochMs }, 'iat'],
    ['no ath', { ath: undefined }, 'ath'],
    ['the ath of another token', { ath: accessTokenHash('other') }, 'ath'],
    ['ath in hexadecimal', { ath: 'ab'.repeat(32) }, 'ath'],
    ['a nonce that is no text', { nonce: 1 }, 'nonce'],
  ])('refuses %s', async (_, claims, check) => {
    await expectRefusal(await proofWith(claims), check);
  });

  it('refuses an infinite iat', async () => {
    const payload = `{"jti":"a","htm":"POST","htu":"${testResource}","iat":1e400,"ath":"${accessTokenHash(token)}"}`;
    const header = { typ: 'dpop+jwt', jwk: key.publicJwk };
    await expectRefusal(await signText(payload, header, key), 'iat');
  });

  it.each([-300, -299.5, 0.25, 300])('accepts a clock that is %s s off', async (seconds) => {
    const { iat } = await verifyProof(await proofWith({ iat: now + seconds }), request);
    expect(iat).toBe(now + seconds);
  });

  it('accepts the htu of the request with its query, and typ in any case', async () => {
    const proof = await proofWith({ htu: `${testResource}?a=1`, nonce: 'n' }, { typ: 'DPoP+JWT' });
    expect((await verifyProof(proof, request)).nonce).toBe('n');
  });

  it('tells the log which check failed, and never shows proof or token', async () => {
    const proof = await proofWith({ htm: 'GET' });
    const error = await verifyProof(proof, request).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ detail: { check: 'htm', expected: 'POST' } });
    const shown = String(error) + JSON.stringify(error);
    expect(shown).not.toContain(proof.slice(0, 20));
    expect(shown).not.toContain(token);
  });
});
