import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createDpopNonces } from '../../src/token/dpop-nonce.ts';
import { manualClock } from '../support/clock.ts';

function rig() {
  const clock = manualClock();
  const store = createMemoryStore(clock);
  return { clock, store, nonces: createDpopNonces({ clock, store }) };
}

describe('createDpopNonces', () => {
  it('makes a nonce that is valid, and not to be guessed', async () => {
    const { nonces } = rig();
    const nonce = await nonces.current();
    expect(nonce).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(await nonces.isValid(nonce)).toBe(true);
    expect(await rig().nonces.current()).not.toBe(nonce);
  });

  it.each(['', 'nonce', 'A'.repeat(22), 'A'.repeat(10_000), '\u0000'.repeat(22)])(
    'does not know %j',
    async (nonce) => {
      expect(await rig().nonces.isValid(nonce)).toBe(false);
    },
  );

  it('hands out one nonce for a minute, and keeps each for five', async () => {
    const { clock, nonces } = rig();
    const first = await nonces.current();
    clock.advance(59_999);
    expect(await nonces.current()).toBe(first);
    clock.advance(1);
    const second = await nonces.current();
    expect(second).not.toBe(first);
    expect(await nonces.isValid(first)).toBe(true);
    clock.advance(239_999);
    expect(await nonces.isValid(first)).toBe(true);
    clock.advance(1);
    expect(await nonces.isValid(first)).toBe(false);
    expect(await nonces.isValid(second)).toBe(true);
  });

  it('knows the nonces of another replica on the same store', async () => {
    const { clock, store, nonces } = rig();
    const nonce = await createDpopNonces({ clock, store }).current();
    expect(await nonces.isValid(nonce)).toBe(true);
  });

  it('hands out no nonce that it could not remember', async () => {
    const { clock, store } = rig();
    let down = true;
    const failing = {
      ...store,
      set: () => (down ? Promise.reject(new Error('down')) : store.set('', '', 1)),
    };
    const nonces = createDpopNonces({ clock, store: { ...failing, get: store.get } });
    await expect(nonces.current()).rejects.toThrow('down');
    down = false;
    expect(await nonces.current()).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });
});
