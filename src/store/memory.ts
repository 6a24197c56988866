import { LRUCache } from 'lru-cache';
import type { Clock, Store } from '../core/ports.ts';

interface Entry {
  readonly value: string;
  /** Monotonic milliseconds: setting the wall clock back must not revive what is over. */
  readonly until: number;
}

const defaultMaxEntries = 100_000;

/**
 * The store of a single replica. It is bounded: once full, the entry that was used least recently is
 * forgotten before its time.
 *
 * @param maxEntries entries held at most; 100,000 unless given.
 */
export function createMemoryStore(clock: Clock, maxEntries: number = defaultMaxEntries): Store {
  const entries = new LRUCache<string, Entry>({ max: maxEntries });

  function live(key: string): Entry | null {
    const entry = entries.get(key);
    if (entry === undefined) return null;
    if (clock.monotonic() < entry.until) return entry;
    entries.delete(key);
    return null;
  }

  const untilAfter = (ttlSeconds: number): number => clock.monotonic() + ttlSeconds * 1_000;

  return {
    async get(key) {
      return live(key)?.value ?? null;
    },

    async set(key, value, ttlSeconds) {
      entries.set(key, { value, until: untilAfter(ttlSeconds) });
    },

    async delete(key) {
      entries.delete(key);
    },

    async increment(key, ttlSeconds) {
      const entry = live(key);
      const count = Number(entry?.value ?? 0) + 1;
      entries.set(key, { value: `${count}`, until: entry?.until ?? untilAfter(ttlSeconds) });
      return count;
    },

    async close() {
      entries.clear();
    },
  };
}
