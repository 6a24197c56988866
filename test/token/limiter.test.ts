import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/token/exchange.ts';
import { createLimiter } from '../../src/token/limiter.ts';

const good: Outcome<string> = { ok: true, value: 'answer' };

describe('a limiter', () => {
  it('lets so many calls run at once, and refuses the next without running it', async () => {
    const limit = createLimiter(2);
    const ends: (() => void)[] = [];
    const held = () => limit<string>(() => new Promise((end) => ends.push(() => end(good))));
    const running = [held(), held()];
    expect(await held()).toMatchObject({ ok: false, retryAfterMs: 1_000 });
    expect(ends).toHaveLength(2);
    ends[0]?.();
    expect(await running[0]).toBe(good);
    const third = held();
    expect(await held()).toMatchObject({ ok: false });
    for (const end of ends) end();
    expect(await Promise.all([running[1], third])).toEqual([good, good]);
  });

  it('gives the place of a call that throws to the next', async () => {
    const limit = createLimiter(1);
    await expect(limit(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await limit(async () => good)).toBe(good);
  });
});
