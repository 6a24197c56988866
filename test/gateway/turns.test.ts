import { expect, it, vi } from 'vitest';
import { createTurns } from '../../src/gateway/turns.ts';
import { waiting } from '../support/waiting.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

function queue(failing = false) {
  const noted: ((instead: Uint8Array) => void)[] = [];
  const out: string[] = [];
  const caughtUp = vi.fn();
  const failed = vi.fn();
  const turns = createTurns({
    handOver: (passed) =>
      `${Buffer.from(passed)}`.startsWith('wait')
        ? new Promise((resolve) => void noted.push(resolve))
        : null,
    caughtUp,
    failed,
  });
  const take = (text: string): boolean =>
    turns.take(bytes(text), (passed) => {
      if (failing) throw new Error('gone');
      out.push(`${Buffer.from(passed)}`);
      return true;
    });
  return { take, noted, out, caughtUp, failed };
}

it('bytes that hand over nothing go out at once', () => {
  const { take, out, caughtUp } = queue();
  expect([take('1'), take(''), take('2')]).toEqual([true, true, true]);
  expect(out).toEqual(['1', '', '2']);
  expect(caughtUp).not.toHaveBeenCalled();
});

it('bytes that wait are let out as they were noted, in their order, with all behind them', async () => {
  const { take, noted, out, caughtUp } = queue();
  expect([take('1'), take('wait 2'), take('3'), take('wait 4')]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  noted[1]?.(bytes('four'));
  await Promise.resolve();
  expect(out).toEqual(['1']);
  noted[0]?.(bytes('two'));
  await vi.waitFor(() => expect(caughtUp).toHaveBeenCalledOnce(), waiting);
  expect(out).toEqual(['1', 'two', '3', 'four']);
  expect(take('5')).toBe(true);
});

it('a failure after the wait is told, since nobody is there to catch it', async () => {
  const { take, noted, failed } = queue(true);
  take('wait');
  noted[0]?.(bytes('noted'));
  await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce(), waiting);
});
