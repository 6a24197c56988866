import { base64url } from 'jose';
import type { Clock, Store } from '../core/ports.ts';

const nonceBytes = 16;
const lifeSeconds = 300;
const renewalMs = 60_000;
const grammar = /^[A-Za-z0-9_-]{22}$/;

/** Nonces of our own, which bound how long a proof made ahead of time is good (RFC 9449 section 9). */
export interface DpopNonces {
  /** The nonce that a client should use next. */
  current(): Promise<string>;
  isValid(nonce: string): Promise<boolean>;
}

/**
 * Nonces that live in the store, so that every replica knows those of the others. One is handed to
 * all clients for a minute and is good for five; whoever stops a replay is the proof's `jti`.
 * Methods reject where the store does.
 */
export function createDpopNonces({ clock, store }: { clock: Clock; store: Store }): DpopNonces {
  let latest: { readonly nonce: string; readonly madeAt: number } | null = null;
  const keyOf = (nonce: string): string => `dpop:nonce:${nonce}`;

  return {
    async current() {
      if (latest !== null && clock.monotonic() < latest.madeAt + renewalMs) return latest.nonce;
      const nonce = base64url.encode(crypto.getRandomValues(new Uint8Array(nonceBytes)));
      await store.set(keyOf(nonce), '1', lifeSeconds);
      latest = { nonce, madeAt: clock.monotonic() };
      return nonce;
    },

    async isValid(nonce) {
      return grammar.test(nonce) && (await store.get(keyOf(nonce))) !== null;
    },
  };
}
