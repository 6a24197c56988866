import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { within } from '../../src/token/deadline.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('gives the result of work that ends in time, and leaves no timer behind', async () => {
  expect(await within(Promise.resolve({ done: true }), 1_000)).toEqual({ done: true });
  expect(vi.getTimerCount()).toBe(0);
});

it('gives null when the time is over, whatever the work does later', async () => {
  let fail: (error: Error) => void = () => {};
  const work = new Promise<object>((_, reject) => {
    fail = reject;
  });
  const outcome = within(work, 1_000);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await outcome).toBeNull();
  fail(new Error('late'));
});

it('passes on a failure that comes in time, and leaves no timer behind', async () => {
  await expect(within(Promise.reject(new Error('early')), 1_000)).rejects.toThrow('early');
  expect(vi.getTimerCount()).toBe(0);
});
