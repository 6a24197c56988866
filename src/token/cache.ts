import { LRUCache } from 'lru-cache';
import type { ErrorCode } from '../core/error-table.ts';
import type { DoormanError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { Principal } from '../core/types.ts';
import { isExpired, leewaySeconds } from './claims.ts';

/** Milliseconds that a verified signature is trusted without looking again. */
export const signedLifeMs: number = 5 * 60 * 1_000;
/** Milliseconds that an issuer's word is trusted without asking again. */
export const introspectedLifeMs = 30_000;
const refusalLifeMs = 10_000;
const maxPrincipals = 10_000;
const maxRefusals = 1_000;

/** Refusals that the same token will meet again; an outage or a clock may pass. */
const lasting: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'token_inactive',
  'signature_invalid',
  'algorithm_denied',
  'type_denied',
  'audience_mismatch',
  'claims_invalid',
  'token_expired',
]);

interface Entry<T> {
  readonly value: T;
  /** Monotonic milliseconds: a wall clock set back must not revive what has ended. */
  readonly until: number;
}

/** An authentic token's principal, and whether what made it authentic still holds. */
export interface Verified {
  readonly principal: Principal;
  readonly isCurrent: () => boolean;
  /** Milliseconds that a hit may live; it never outlives the token. */
  readonly lifeMs: number;
}

/** Remembers what became of whole tokens; keys are digests, so no token is kept. */
export interface TokenCache {
  /** A principal that is still good, a refusal that still stands, or `null` for neither. */
  find(key: string): Principal | DoormanError | null;
  accept(key: string, verified: Verified): void;
  /**
   * Forgets what was accepted. Refusals that may not last, such as `issuer_unavailable`, are
   * ignored.
   */
  refuse(key: string, error: DoormanError): void;
}

/**
 * Bounded memory of verified and refused tokens, apart from each other so that a flood of bad
 * tokens cannot push out good ones. A hit is re-checked for expiry and key each time; a refusal
 * lives for 10 seconds.
 */
export function createTokenCache(clock: Clock): TokenCache {
  const accepted = new LRUCache<string, Entry<Verified>>({ max: maxPrincipals });
  const refused = new LRUCache<string, Entry<DoormanError>>({ max: maxRefusals });

  function live<T>(cache: LRUCache<string, Entry<T>>, key: string): T | null {
    const entry = cache.get(key);
    return entry !== undefined && clock.monotonic() < entry.until ? entry.value : null;
  }

  return {
    find(key) {
      const hit = live(accepted, key);
      if (hit?.isCurrent() && !isExpired(hit.principal.expiresAt, clock)) return hit.principal;
      accepted.delete(key);
      return live(refused, key);
    },

    accept(key, verified) {
      const leftMs = (verified.principal.expiresAt + leewaySeconds) * 1_000 - clock.now();
      const until = clock.monotonic() + Math.min(leftMs, verified.lifeMs);
      accepted.set(key, { value: verified, until });
    },

    refuse(key, error) {
      if (!lasting.has(error.code)) return;
      accepted.delete(key);
      refused.set(key, { value: error, until: clock.monotonic() + refusalLifeMs });
    },
  };
}
