import { expect, it } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import { partitionStore } from '../../src/store/partition.ts';
import { storeContract } from '../contract/store.ts';
import { manualClock } from '../support/clock.ts';

storeContract('partitionStore', async () => {
  const clock = manualClock();
  const store = partitionStore(createMemoryStore(clock), 'https://mcp.example/a');
  return { store, advance: async (ms) => clock.advance(ms) };
});

it('keeps the parts of a store apart, whatever their names and keys look like together', async () => {
  const shared = createMemoryStore(manualClock());
  const a = partitionStore(shared, 'https://mcp.example/a');
  const ab = partitionStore(shared, 'https://mcp.example/ab');
  await a.set('b c', 'mine', 60);
  await a.increment('n', 60);
  expect(await ab.get(' c')).toBeNull();
  expect(await ab.get('b c')).toBeNull();
  expect(await ab.increment('n', 60)).toBe(1);
  await ab.delete('b c');
  await ab.close();
  expect(await a.get('b c')).toBe('mine');
});
