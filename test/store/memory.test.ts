import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import { storeContract } from '../contract/store.ts';
import { manualClock } from '../support/clock.ts';

storeContract('createMemoryStore', async () => {
  const clock = manualClock();
  return { store: createMemoryStore(clock), advance: async (ms) => clock.advance(ms) };
});

describe('createMemoryStore', () => {
  it('forgets the entry used least recently once it is full', async () => {
    const store = createMemoryStore(manualClock(), 2);
    await store.set('a', '1', 60);
    await store.set('b', '2', 60);
    await store.get('a');
    await store.set('c', '3', 60);
    expect(await Promise.all(['a', 'b', 'c'].map(store.get))).toEqual(['1', null, '3']);
  });

  it('does not revive what is over when the wall clock is set back', async () => {
    const clock = manualClock();
    const store = createMemoryStore(clock);
    await store.increment('a', 60);
    clock.advance(61_000);
    clock.jump(-3_600_000);
    expect(await store.get('a')).toBeNull();
  });

  it('holds nothing after it was closed', async () => {
    const store = createMemoryStore(manualClock());
    await store.set('a', '1', 60);
    await store.close();
    expect(await store.get('a')).toBeNull();
  });
});
