import { randomBytes } from 'node:crypto';
import { DoormanError } from '../core/errors.ts';
import { reached } from '../core/outage.ts';
import type { Digest, Store } from '../core/ports.ts';
import type { Principal } from '../core/types.ts';
import { ownerOf } from '../store/ownership.ts';

const idBytes = 16;
const idGrammar = /^[A-Za-z0-9_-]{22}$/;
/** A record outlives its stream by so long where its replica dies. */
const lifeSeconds = 15 * 60;
const renewalMs = 5 * 60 * 1000;

export interface SseSessionsOptions {
  /** Of this endpoint alone. */
  readonly store: Store;
  readonly digest: Digest;
}

/** One open stream and where its messages go. */
export interface SseSession {
  /** Not to be guessed; says nothing of the server's own id. */
  readonly id: string;
  /** Forgets it. */
  close(): void;
}

/** The streams that are open at any replica, each with its owner. */
export interface SseSessions {
  /**
   * Remembers a stream for as long as it is open.
   *
   * @param path where the server takes its messages: path and query.
   * @throws DoormanError `issuer_unavailable` where the store cannot be reached;
   *   `session_mismatch` for a token that tells of nobody who could own it
   */
  open(principal: Principal, path: string): Promise<SseSession>;
  /**
   * Where a principal's message goes.
   *
   * @throws DoormanError `session_mismatch` for what is unknown and for what is somebody else's;
   *   `issuer_unavailable` where the store cannot be reached
   */
  find(principal: Principal, id: string): Promise<string>;
}

/** Keeps the sessions of one MCP endpoint in the store, so that every replica knows all of them. */
export function createSseSessions({ store, digest }: SseSessionsOptions): SseSessions {
  const keyOf = async (id: string): Promise<string> => `sse:${await digest(id)}`;

  function mismatch({ issuer, subject }: Principal): DoormanError {
    return new DoormanError('session_mismatch', { detail: { issuer, subject } });
  }

  async function ownerDigest(principal: Principal): Promise<string> {
    const owner = ownerOf(principal);
    if (owner === null) throw mismatch(principal);
    return digest(owner);
  }

  return {
    async open(principal, path) {
      const id = randomBytes(idBytes).toString('base64url');
      const key = await keyOf(id);
      const record = JSON.stringify([await ownerDigest(principal), path]);
      const write = (): Promise<void> => store.set(key, record, lifeSeconds);
      await reached(write());
      // An outage that lasts ends the session, one that does not is made up for next time.
      const renewal = setInterval(() => write().catch(() => {}), renewalMs).unref();
      return {
        id,
        close() {
          clearInterval(renewal);
          store.delete(key).catch(() => {});
        },
      };
    },

    async find(principal, id) {
      const owner = await ownerDigest(principal);
      const record = idGrammar.test(id) ? await reached(store.get(await keyOf(id))) : null;
      const [known, path] = record === null ? [] : (JSON.parse(record) as [string, string]);
      if (path === undefined || known !== owner) throw mismatch(principal);
      return path;
    },
  };
}
