import { DoormanError } from '../core/errors.ts';
import type { Clock, Digest, Store } from '../core/ports.ts';
import { coversScopes } from '../core/scopes.ts';
import type { Principal } from '../core/types.ts';
import { ownerOf } from '../store/ownership.ts';

/** Remembers what principals were sent to their issuer for. */
export interface StepUps {
  /**
   * The error that a denied request is answered with. It stays the same, and is noted where it
   * sends the client for more scopes, unless the issuer has refused them: the client was told to
   * ask, came back with a token issued since then, and still lacks one. While the store cannot be
   * reached nothing counts as refused: the request is denied anyway.
   *
   * @param token the access token of this request.
   */
  settle(error: unknown, principal: Principal, token: string): Promise<unknown>;
  /**
   * Takes note of a request that was permitted: what the issuer grants to a principal it has not
   * refused. Only challenges of this process are known here; those of other replicas run out.
   */
  permitted(principal: Principal): void;
}

export interface StepUpOptions {
  readonly resource: string;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly store: Store;
}

/** How long a challenge waits for its new token, and how long a refusal then counts. */
const lifeSeconds = 600;
/**
 * Challenges to clients of one principal that each may be answered once. Some clients register anew
 * at each login, and would otherwise never be the one that was asked.
 */
const mostClients = 3;
/** Challenges remembered for `permitted`. */
const mostOpen = 1_000;

const notGranted =
  'The identity provider did not grant a permission that this operation needs. Asking again will not help now.';

/** A challenge that went out. */
interface Asked {
  readonly client: string | null;
  /** In whole seconds, as `iat` has them. */
  readonly at: number;
  /** Digest of the token that was not enough. */
  readonly token: string;
  readonly refused: boolean;
}

/** What a principal was sent to its issuer for. */
interface Sought {
  readonly key: string;
  readonly needed: readonly string[];
}

function isNewer({ claims }: Principal, { at }: Asked): boolean {
  return typeof claims.iat !== 'number' || claims.iat >= at;
}

/**
 * The end of a step-up that the issuer does not grant. Without it a client that logs its user in at
 * each challenge would do so for every call.
 */
export function createStepUps({ resource, clock, digest, store }: StepUpOptions): StepUps {
  /** By owner, oldest first. */
  const open = new Map<string, readonly Sought[]>();

  function remember(owner: string, sought: Sought): void {
    const others = (open.get(owner) ?? []).filter(({ key }) => key !== sought.key);
    open.delete(owner);
    open.set(owner, [...others, sought].slice(-mostClients));
    const [oldest] = open.keys();
    if (open.size > mostOpen && oldest !== undefined) open.delete(oldest);
  }

  async function judge(key: string, principal: Principal, token: string): Promise<boolean> {
    const asked: readonly Asked[] = JSON.parse((await store.get(key)) ?? '[]');
    const { clientId: client } = principal;
    const own = asked.find((earlier) => earlier.client === client);
    if (own === undefined && asked.length < mostClients) {
      const at = Math.floor(clock.now() / 1_000);
      const more = [...asked, { client, at, token, refused: false }];
      await store.set(key, JSON.stringify(more), lifeSeconds);
      return false;
    }
    const last = own ?? asked.at(-1);
    if (last === undefined || last.token === token || !isNewer(principal, last)) return false;
    // The refusal counts from when it was found, and is not prolonged by further calls.
    if (!last.refused) {
      const found = asked.map((each) => (each === last ? { ...each, refused: true } : each));
      await store.set(key, JSON.stringify(found), lifeSeconds);
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
      const key = `step-up:${await digest(request)}`;
      remember(owner, { key, needed });
      return await judge(key, principal, await digest(token));
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

    permitted(principal) {
      if (open.size === 0) return;
      const owner = ownerOf(principal) ?? '';
      const sought = open.get(owner) ?? [];
      const granted = sought.filter(({ needed }) => coversScopes(principal.scopes, needed));
      if (granted.length === 0) return;
      const left = sought.filter((each) => !granted.includes(each));
      if (left.length > 0) open.set(owner, left);
      else open.delete(owner);
      // A challenge too many is all that a failure here costs.
      for (const { key } of granted) void store.delete(key).catch(() => {});
    },
  };
}
