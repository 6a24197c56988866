import { calculateJwkThumbprint, compactVerify, type JWK } from 'jose';
import { DoormanError } from '../core/errors.ts';
import type { LogFields } from '../core/ports.ts';
import { type SignatureAlgorithm, signatureAlgorithms } from '../core/provider.ts';
import { parseCompact } from './compact.ts';
import { sameTarget } from './dpop-target.ts';
import { readKey } from './jwk.ts';
import { sha256Base64Url } from './sha256.ts';

/** Seconds by which `iat` of a proof may differ from our clock, both ways. */
export const proofWindowSeconds = 300;

/** The request that a proof must have been made for. */
export interface ProvenRequest {
  readonly method: string;
  /** The public URL, as configured: what a `Host` or forwarded header says does not count. */
  readonly url: string;
  /** The access token that is sent along. */
  readonly token: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly nowMs: number;
}

/** A valid proof. Whether its key, nonce and identifier may be used is still to be judged. */
export interface DpopProof {
  /** Thumbprint of the proven key, RFC 7638. */
  readonly jkt: string;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly nonce: string | null;
}

function refuse(check: string, detail: LogFields = {}): never {
  throw new DoormanError('proof_invalid', { detail: { check, ...detail } });
}

function readProof(value: string | null) {
  if (value === null) return refuse('missing');
  try {
    return parseCompact(value);
  } catch {
    return refuse('not one JWT');
  }
}

async function verifySignature(
  proof: string,
  jwk: unknown,
  algorithm: SignatureAlgorithm,
): Promise<string> {
  const key = await readKey(jwk, [algorithm]);
  if (!key.usable) return refuse('jwk', { reason: key.reason });
  const imported = key.imported.get(algorithm);
  if (imported === undefined) return refuse('jwk', { reason: 'not for alg' });
  try {
    await compactVerify(proof, imported, { algorithms: [algorithm] });
  } catch {
    refuse('signature');
  }
  return calculateJwkThumbprint(jwk as JWK, 'sha256');
}

/**
 * Verifies a DPoP proof by the checks of RFC 9449 section 4.3, but for its nonce, its key's binding
 * to the token and its replay, which need more than the request.
 *
 * @param value the `DPoP` field value; several lines arrive joined by commas and are no JWT.
 * @throws DoormanError `proof_invalid`
 */
export async function verifyProof(
  value: string | null,
  request: ProvenRequest,
): Promise<DpopProof> {
  const { token: proof, header, claims } = readProof(value);
  if (typeof header.typ !== 'string' || header.typ.toLowerCase() !== 'dpop+jwt') refuse('typ');
  const algorithm = signatureAlgorithms.find((allowed) => allowed === header.alg);
  if (algorithm === undefined) return refuse('alg', { expected: signatureAlgorithms });
  // No extension is understood here, RFC 7515 section 4.1.11.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) refuse('crit');
  const jkt = await verifySignature(proof, header.jwk, algorithm);

  const { jti, htm, htu, iat, ath, nonce = null } = claims;
  if (typeof jti !== 'string' || jti === '') return refuse('jti');
  if (htm !== request.method) refuse('htm', { expected: request.method });
  if (typeof htu !== 'string' || !sameTarget(htu, request.url))
    refuse('htu', { expected: request.url });
  const now = request.nowMs / 1_000;
  if (typeof iat !== 'number' || !(Math.abs(now - iat) <= proofWindowSeconds))
    return refuse('iat', { secondsOff: typeof iat === 'number' ? Math.round(iat - now) : null });
  if (ath !== (await sha256Base64Url(request.token))) refuse('ath');
  if (nonce !== null && typeof nonce !== 'string') return refuse('nonce');
  return { jkt, jti, iat, nonce };
}
