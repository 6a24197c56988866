import { reached } from '../core/outage.ts';
import type { Clock, Digest, Store } from '../core/ports.ts';
import type { Principal } from '../core/types.ts';

/** Who may use the handles that an MCP server gives out. */
export interface Ownership {
  /**
   * Notes that the server has just given a handle to a principal. One that it had given to another
   * principal before belongs to nobody from then on.
   *
   * @returns whether the principal owns it now.
   * @throws DoormanError `issuer_unavailable` where the store cannot be reached
   */
  claim(id: string, principal: Principal): Promise<boolean>;
  /**
   * Whether a principal owns a handle; asking keeps it alive.
   *
   * @throws DoormanError `issuer_unavailable` where the store cannot be reached
   */
  owns(id: string, principal: Principal): Promise<boolean>;
  /** Forgets a handle. @throws DoormanError `issuer_unavailable` */
  release(id: string): Promise<void>;
}

export interface OwnershipOptions {
  /** What the handles are of. */
  readonly kind: 'session' | 'task';
  /** The resource whose server gives them out: another server's may look the same. */
  readonly resource: string;
  /** How long a handle lives that nobody asks about. */
  readonly lifeSeconds: number;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly store: Store;
}

/** A record is written anew once this part of its life is over. */
const renewAfter = 0.1;

/**
 * Who a handle belongs to, in one unambiguous text: issuer and subject, or issuer and client where
 * the token has no subject. The client does not count otherwise, since some clients register anew
 * at each login. `null` for a token that tells neither.
 */
export function ownerOf({ issuer, subject, clientId }: Principal): string | null {
  if (subject !== null) return JSON.stringify([issuer, 'subject', subject]);
  if (clientId !== null) return JSON.stringify([issuer, 'client', clientId]);
  // Without protection everybody is the same nobody.
  return issuer === '' ? JSON.stringify(['']) : null;
}

/**
 * Keeps who owns which handle in the store, as digests, so that replicas know those of each other
 * and a look into the store gives no handle away.
 *
 * Not checked: whether the server still knows a handle.
 */
export function createOwnership(options: OwnershipOptions): Ownership {
  const { kind, resource, lifeSeconds, clock, digest, store } = options;

  const keyOf = async (id: string): Promise<string> =>
    `${kind}:${await digest(JSON.stringify([resource, id]))}`;

  /** @returns the owner's digest and when the record was written, in seconds since the epoch. */
  async function read(key: string): Promise<readonly [owner: string, writtenAt: number] | null> {
    const record = await reached(store.get(key));
    return record === null ? null : JSON.parse(record);
  }

  async function write(key: string, owner: string): Promise<void> {
    const record = JSON.stringify([owner, clock.now() / 1_000]);
    await reached(store.set(key, record, lifeSeconds));
  }

  return {
    async claim(id, principal) {
      const name = ownerOf(principal);
      if (name === null) return false;
      const [key, owner] = [await keyOf(id), await digest(name)];
      const [former = owner] = (await read(key)) ?? [];
      if (former !== owner) {
        await reached(store.delete(key));
        return false;
      }
      await write(key, owner);
      return true;
    },

    async owns(id, principal) {
      const name = ownerOf(principal);
      if (name === null) return false;
      const [key, owner] = [await keyOf(id), await digest(name)];
      const [known, writtenAt = 0] = (await read(key)) ?? [];
      if (known !== owner) return false;
      const ageSeconds = clock.now() / 1_000 - writtenAt;
      if (Math.abs(ageSeconds) > lifeSeconds * renewAfter) await write(key, owner);
      return true;
    },

    async release(id) {
      await reached(store.delete(await keyOf(id)));
    },
  };
}
