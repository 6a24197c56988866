import { argon2idAsync } from '@noble/hashes/argon2.js';
import { DoormanError } from '../core/errors.ts';
import type { TokenHash } from '../core/token-hash.ts';
import { equalBytes } from './sha256.ts';

type Argon2Hash = Extract<TokenHash, { readonly kind: 'argon2id' }>;

/** Trials that may wait behind the running one; each may take a second. */
const maxWaiting = 4;

/** How long a computation may keep everybody else waiting, milliseconds. */
const longestBlockMs = 5;

export interface Argon2Trials {
  /**
   * Tries a token against hashes, one trial at a time in this process.
   *
   * @returns for each hash whether the token is the one behind it.
   * @throws DoormanError `issuer_unavailable` where too many trials wait already.
   */
  attempt(token: string, hashes: readonly Argon2Hash[]): Promise<readonly boolean[]>;
}

async function isBehind(token: string, hash: Argon2Hash): Promise<boolean> {
  const { memoryKib: m, passes: t, lanes: p, salt, digest } = hash;
  const cost = { m, t, p, dkLen: digest.length, asyncTick: longestBlockMs };
  return equalBytes(await argon2idAsync(token, salt, cost), digest);
}

/**
 * argon2id (RFC 9106) under a bound. It is costly by design, and whoever can reach the port can
 * make the server compute it; so there is one computation at a time, in short slices, and a short
 * queue.
 */
export function createArgon2Trials(): Argon2Trials {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function tryAll(token: string, hashes: readonly Argon2Hash[]): Promise<boolean[]> {
    const matches: boolean[] = [];
    for (const hash of hashes) matches.push(await isBehind(token, hash));
    return matches;
  }

  return {
    async attempt(token, hashes) {
      if (waiting > maxWaiting)
        throw new DoormanError('issuer_unavailable', {
          detail: { reason: 'argon2 queue is full' },
        });
      waiting += 1;
      const turn = last.then(() => tryAll(token, hashes));
      // The next in line waits for the end, good or bad.
      last = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        waiting -= 1;
      }
    },
  };
}
