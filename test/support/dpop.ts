import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { epochMs } from './clock.ts';
import { type SigningKey, signingKey, signText, testResource } from './issuer.ts';

export interface ProofKey extends SigningKey {
  readonly publicJwk: JWK;
  readonly jkt: string;
}

/** A client's key for DPoP proofs. */
export async function proofKey(alg = 'ES256'): Promise<ProofKey> {
  const key = await signingKey('proof', alg);
  const { kid: _kid, alg: _alg, use: _use, ...publicJwk } = key.jwk;
  return { ...key, publicJwk, jkt: await calculateJwkThumbprint(publicJwk, 'sha256') };
}

export const accessTokenHash = (token: string): string =>
  createHash('sha256').update(token).digest('base64url');

let proofs = 0;

export interface ProofOptions {
  readonly key: ProofKey;
  readonly token: string;
  readonly nowMs?: number;
  /** Claims on top of a good proof; `undefined` removes one. */
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
}

/** A DPoP proof for POST to the test resource that is good unless claims or header say otherwise. */
export async function mintProof(options: ProofOptions): Promise<string> {
  const { key, token, nowMs = epochMs, claims = {}, header = {} } = options;
  proofs += 1;
  const payload = {
    jti: `proof-${proofs}`,
    htm: 'POST',
    htu: testResource,
    iat: Math.floor(nowMs / 1_000),
    ath: accessTokenHash(token),
    ...claims,
  };
  const protectedHeader = { typ: 'dpop+jwt', alg: key.alg, jwk: key.publicJwk, ...header };
  return signText(JSON.stringify(payload), protectedHeader, key);
}
