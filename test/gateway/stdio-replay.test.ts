import { describe, expect, it } from 'vitest';
import { createReplayLog, type ReplayLog } from '../../src/gateway/stdio-replay.ts';

const note = (data: unknown) =>
  ({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } }) as const;

async function replayed(log: ReplayLog, eventId: string): Promise<unknown[]> {
  const sent: unknown[] = [];
  const send = async (_id: string, message: unknown): Promise<void> => void sent.push(message);
  await log.replayEventsAfter(eventId, { send });
  return sent;
}

describe('the events of a session', () => {
  it('come again from where a client was, those of its stream alone', async () => {
    const log = createReplayLog();
    const first = await log.storeEvent('a', note(1));
    await log.storeEvent('b', note('other'));
    await log.storeEvent('a', note(2));
    await log.storeEvent('a', note(3));
    expect(await replayed(log, first)).toEqual([note(2), note(3)]);
  });

  it('do not contain the empty one that a stream begins with', async () => {
    const log = createReplayLog();
    const first = await log.storeEvent('a', note(1));
    await log.storeEvent('a', {} as never);
    expect(await replayed(log, first)).toEqual([]);
  });

  it('are not found under the ids of another session', async () => {
    const [log, other] = [createReplayLog(), createReplayLog()];
    const foreign = await other.storeEvent('a', note(1));
    await log.storeEvent('a', note(1));
    expect(log.has(foreign)).toBe(false);
    await expect(replayed(log, foreign)).rejects.toThrow();
  });

  it.each([
    ['a thousand', 1_001, 'x'],
    ['four million characters', 5, 'x'.repeat(1024 * 1024)],
  ])('are forgotten, the oldest first, beyond %s', async (_, count, data) => {
    const log = createReplayLog();
    const ids: string[] = [];
    for (let event = 0; event < count; event += 1) ids.push(await log.storeEvent('a', note(data)));
    expect(log.has(ids.at(0) ?? '')).toBe(false);
    expect(log.has(ids.at(-1) ?? '')).toBe(true);
    expect(log.has(ids.at(2) ?? '')).toBe(true);
  });
});
