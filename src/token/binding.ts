import type { ErrorCode } from '../core/error-table.ts';
import { DoormanError } from '../core/errors.ts';
import { reached } from '../core/outage.ts';
import type { Clock, Store } from '../core/ports.ts';
import type { Scheme, SenderConstraint } from '../core/sender-constraint.ts';
import type { Claims, Principal } from '../core/types.ts';
import { certificateThumbprint } from './certificate.ts';
import { type DpopProof, proofWindowSeconds, verifyProof } from './dpop.ts';
import { createDpopNonces } from './dpop-nonce.ts';
import { sha256Base64Url } from './sha256.ts';

/** How a verified token came. */
export interface Presented {
  readonly scheme: Scheme;
  readonly token: string;
  readonly request: Request;
  /** What a trusted proxy said about the client's certificate; `null` where none did. */
  readonly clientCertificate: string | null;
}

/** Judges whether the sender of a token holds the key that the token is bound to. */
export interface Binding {
  /**
   * @throws DoormanError `binding_required` where a proof is missing that the token or the
   *   configuration asks for, `binding_mismatch` where another key was proven, `proof_invalid`,
   *   `proof_nonce_required` with a nonce, `issuer_unavailable` where the store cannot be reached.
   */
  check(principal: Principal, presented: Presented): Promise<void>;
}

/** What a token is bound to; `null` for what it is not. */
interface Confirmation {
  readonly jkt: string | null;
  readonly x5t: string | null;
}

/** Members of `cnf` that are understood; any other could mean a proof we do not ask for. */
const understood: readonly string[] = ['jkt', 'x5t#S256', 'kc-jkt-type'];

function refuse(code: ErrorCode, reason: string): never {
  throw new DoormanError(code, { detail: { reason } });
}

function thumbprint(value: unknown): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && value !== '') return value;
  return refuse('binding_required', 'cnf holds a thumbprint that is no text');
}

/** The issuer's own word that a token is no bearer token: Keycloak's `typ`, or RFC 7662's type. */
function isDpopToken({ typ, token_type }: Claims): boolean {
  return [typ, token_type].some((name) => typeof name === 'string' && /^dpop$/i.test(name));
}

function readCnf({ cnf }: Claims): Confirmation {
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf))
    return refuse('binding_required', 'cnf is no object');
  const members = cnf as Claims;
  if (Object.keys(members).some((name) => !understood.includes(name)))
    refuse('binding_required', 'cnf has a member that is not understood');
  if ((members['kc-jkt-type'] ?? 'DPoP') !== 'DPoP')
    refuse('binding_required', 'cnf names another kind of key');
  const confirmation = { jkt: thumbprint(members.jkt), x5t: thumbprint(members['x5t#S256']) };
  if (confirmation.jkt === null && confirmation.x5t === null)
    refuse('binding_required', 'cnf names no key');
  return confirmation;
}

/** RFC 7800 section 3.1. Keycloak says in `kc-jkt-type` what kind of key `jkt` is. */
function confirmationOf(claims: Claims): Confirmation {
  const unbound = { jkt: null, x5t: null };
  const confirmation = Object.hasOwn(claims, 'cnf') ? readCnf(claims) : unbound;
  if (confirmation.jkt === null && isDpopToken(claims))
    refuse('binding_required', 'a DPoP token whose key cnf does not name');
  return confirmation;
}

async function checkCertificate(bound: string, value: string | null): Promise<void> {
  if (value === null) return refuse('binding_required', 'no client certificate from a trusted hop');
  const shown = await certificateThumbprint(value);
  if (shown !== bound) refuse('binding_mismatch', 'another client certificate, or none readable');
}

/**
 * Judges `cnf` (RFC 7800) of verified tokens: `jkt` by DPoP (RFC 9449), `x5t#S256` by the client
 * certificate (RFC 8705); where both stand there, by both. Fails closed on anything else.
 *
 * A proof counts once: its `jti` is remembered for as long as its `iat` is good. Only proofs that
 * pass everything else are remembered, so that nobody fills the store without a token and its key.
 *
 * @param ports `store` must be shared by all replicas for replays between them to be seen.
 */
export function createBinding(
  options: SenderConstraint,
  { clock, store }: { readonly clock: Clock; readonly store: Store },
): Binding {
  const nonces = options.dpopNonce ? createDpopNonces({ clock, store }) : null;

  async function checkNonce({ nonce }: DpopProof): Promise<void> {
    if (nonces === null) return;
    if (nonce !== null && (await reached(nonces.isValid(nonce)))) return;
    throw new DoormanError('proof_nonce_required', { dpopNonce: await reached(nonces.current()) });
  }

  async function checkReplay({ jkt, jti, iat }: DpopProof): Promise<void> {
    const key = `dpop:jti:${await sha256Base64Url(`${jkt} ${jti}`)}`;
    const leftSeconds = iat + proofWindowSeconds - clock.now() / 1_000;
    const uses = await reached(store.increment(key, Math.ceil(leftSeconds) + 1));
    if (uses > 1)
      throw new DoormanError('proof_invalid', { detail: { check: 'jti', reason: 'replayed' } });
  }

  async function checkProof(jkt: string, { token, request }: Presented): Promise<void> {
    const proof = await verifyProof(request.headers.get('DPoP'), {
      method: request.method,
      url: options.resource,
      token,
      nowMs: clock.now(),
    });
    if (proof.jkt !== jkt) refuse('binding_mismatch', 'proof of another key');
    await checkNonce(proof);
    await checkReplay(proof);
  }

  return {
    async check(principal, presented) {
      const { jkt, x5t } = confirmationOf(principal.claims);
      if (x5t !== null) await checkCertificate(x5t, presented.clientCertificate);
      if (jkt === null) {
        if (options.dpop === 'required') refuse('binding_required', 'DPoP is required');
        if (presented.scheme === 'dpop') refuse('binding_mismatch', 'the token has no DPoP key');
        return;
      }
      if (options.dpop === 'off') refuse('binding_required', 'DPoP is off');
      if (presented.scheme !== 'dpop') refuse('binding_required', 'sent as Bearer');
      await checkProof(jkt, presented);
    },
  };
}
