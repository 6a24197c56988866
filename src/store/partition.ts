import type { Store } from '../core/ports.ts';

/**
 * The part of a shared store that belongs to one resource: what is kept there, such as the owner of
 * a session, is never found under another. Closing it leaves the shared store open.
 *
 * @param name the resource identifier, which holds no space.
 */
export function partitionStore(store: Store, name: string): Store {
  const own = (key: string): string => `${name} ${key}`;
  return {
    get: (key) => store.get(own(key)),
    set: (key, value, ttlSeconds) => store.set(own(key), value, ttlSeconds),
    delete: (key) => store.delete(own(key)),
    increment: (key, ttlSeconds) => store.increment(own(key), ttlSeconds),
    async close() {},
  };
}
