import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 250;

/**
 * Asks again and again until the answer is the awaited one.
 *
 * @returns milliseconds until then.
 * @throws Error with the last answer, after so many seconds.
 */
export async function waitFor<Answer>(
  awaited: Answer,
  ask: () => Promise<Answer>,
  seconds: number,
): Promise<number> {
  const start = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer === awaited) return Date.now() - start;
    if (Date.now() - start > seconds * 1_000) {
      throw new Error(`still ${answer} instead of ${awaited} after ${seconds} s`);
    }
    await delay(pollMs);
  }
}
