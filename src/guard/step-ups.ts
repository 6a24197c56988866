import { DoormanError } from '../core/errors.ts';
import type { Clock, Digest, Store } from '../core/ports.ts';
import type { Principal } from '../core/types.ts';
import { ownerOf } from '../store/ownership.ts';

/** Remembers what principals were sent to their issuer for. */
export interface StepUps {
  /**
   * The error that a denied request is answered with. It stays the same, and is noted where it
   * sends the client for more scopes, unless the issuer has refused them: the principal was told to
   * ask, came back with a token issued since then, and still lacks one. While the store cannot be
   * reached nothing counts as refused: the request is denied anyway.
   *
   * @param token the access token of this request.
   */
  settle(error: unknown, principal: Principal, token: string): Promise<unknown>;
}

export interface StepUpOptions {
  readonly resource: string;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly store: Store;
}

/** How long a challenge waits for its new token, and how long a refusal then counts. */
const lifeSeconds = 600;

const notGranted =
  'The identity provider did not grant a permission that this operation needs. Asking again will not help now.';

interface Asked {
  /** When the challenge went out, in whole seconds as `iat` has them. */
  readonly at: number;
  /** Digest of the token that was not enough. */
  readonly token: string;
  readonly refused: boolean;
}

function isNewer({ claims }: Principal, at: number): boolean {
  return typeof claims.iat !== 'number' || claims.iat >= at;
}

/**
 * The end of a step-up that the issuer does not grant. Without it a client that logs its user in at
 * each challenge would do so for every call.
 */
export function createStepUps({ resource, clock, digest, store }: StepUpOptions): StepUps {
  async function judge(key: string, principal: Principal, token: string): Promise<boolean> {
    const record = await store.get(key);
    if (record === null) {
      const at = Math.floor(clock.now() / 1_000);
      const asked: Asked = { at, token, refused: false };
      await store.set(key, JSON.stringify(asked), lifeSeconds);
      return false;
    }
    const asked: Asked = JSON.parse(record);
    if (asked.token === token || !isNewer(principal, asked.at)) return false;
    // The refusal counts from when it was found, and is not prolonged by further calls.
    if (!asked.refused) {
      await store.set(key, JSON.stringify({ ...asked, refused: true }), lifeSeconds);
    }
    return true;
  }

  async function wasRefused(
    needed: readonly string[],
    principal: Principal,
    token: string,
  ): Promise<boolean> {
    const owner = ownerOf(principal);
    if (owner === null) return false;
    const request = JSON.stringify([resource, owner, needed.toSorted()]);
    try {
      return await judge(`step-up:${await digest(request)}`, principal, await digest(token));
    } catch {
      return false;
    }
  }

  return {
    async settle(error, principal, token) {
      if (!(error instanceof DoormanError) || error.code !== 'scope_insufficient') return error;
      const { detail } = error;
      const needed = Array.isArray(detail.needed) ? detail.needed.map(String) : [];
      if (!(await wasRefused(needed, principal, token))) return error;
      return new DoormanError('operation_denied', { message: notGranted, detail });
    },
  };
}
