import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/core/ports.ts';

export interface StoreRig {
  readonly store: Store;
  /** Lets time pass for the store. */
  advance(ms: number): Promise<void>;
}

/** What every store must do; `open` gives an empty one. */
export function storeContract(name: string, open: () => Promise<StoreRig>): void {
  describe(`${name}, as a store`, () => {
    it('has nothing of what was never set', async () => {
      const { store } = await open();
      expect(await store.get('a')).toBeNull();
      await store.close();
    });

    it.each(['', '0', 'text', 'ünïcode \n', 'x'.repeat(10_000)])(
      'gives back a value as it was set (%#)',
      async (value) => {
        const { store } = await open();
        await store.set('a', value, 60);
        expect(await store.get('a')).toBe(value);
        expect(await store.get('A')).toBeNull();
        await store.close();
      },
    );

    it('forgets a value when its life is over, and not before', async () => {
      const { store, advance } = await open();
      await store.set('a', 'value', 60);
      await advance(59_000);
      expect(await store.get('a')).toBe('value');
      await advance(1_001);
      expect(await store.get('a')).toBeNull();
      await store.close();
    });

    it('replaces value and life when set again', async () => {
      const { store, advance } = await open();
      await store.set('a', 'first', 10);
      await store.set('a', 'second', 60);
      await advance(30_000);
      expect(await store.get('a')).toBe('second');
      await store.close();
    });

    it('deletes one key, and what is not there without complaint', async () => {
      const { store } = await open();
      await store.set('a', '1', 60);
      await store.set('b', '2', 60);
      await store.delete('a');
      await store.delete('never-set');
      expect([await store.get('a'), await store.get('b')]).toEqual([null, '2']);
      await store.close();
    });

    it('counts from 1, each key apart', async () => {
      const { store } = await open();
      expect(await store.increment('a', 60)).toBe(1);
      expect(await store.increment('a', 60)).toBe(2);
      expect(await store.increment('b', 60)).toBe(1);
      expect(await store.get('a')).toBe('2');
      await store.close();
    });

    it('counts simultaneous increments one by one', async () => {
      const { store } = await open();
      const counts = await Promise.all(Array.from({ length: 50 }, () => store.increment('a', 60)));
      expect(counts.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      await store.close();
    });

    it('ends a count with the life of its first increment', async () => {
      const { store, advance } = await open();
      await store.increment('a', 60);
      await advance(59_000);
      expect(await store.increment('a', 60)).toBe(2);
      await advance(1_001);
      expect(await store.increment('a', 60)).toBe(1);
      await store.close();
    });
  });
}
