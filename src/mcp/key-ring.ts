/** The keys that one object has shown so far. */
export interface KeyRing {
  readonly few: string[];
  many: Set<string> | null;
}

/** Up to here comparing one by one is cheaper than hashing. */
const fewest = 8;

/** An object's keys before the first one. */
export function keyRing(): KeyRing {
  return { few: [], many: null };
}

/**
 * Adds a key.
 *
 * @param key the decoded key.
 * @returns `false` when the object has shown this key before.
 */
export function addKey(ring: KeyRing, key: string): boolean {
  const { few, many } = ring;
  if (many !== null) {
    const before = many.size;
    return many.add(key).size > before;
  }
  for (let at = 0; at < few.length; at++) if (few[at] === key) return false;
  few.push(key);
  if (few.length > fewest) ring.many = new Set(few);
  return true;
}
