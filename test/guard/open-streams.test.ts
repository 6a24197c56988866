import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import type { Operation } from '../../src/core/types.ts';
import { createOpenStreams, type OpenStreams } from '../../src/guard/open-streams.ts';
import { epochMs, type ManualClock, manualClock } from '../support/clock.ts';
import { recordingLog } from '../support/issuer.ts';
import { principal } from '../support/principal.ts';

const operation: Operation = { kind: 'stream', method: null, known: true, targets: [], task: null };
const now = epochMs / 1_000;

let clock: ManualClock;
let log: ReturnType<typeof recordingLog>;
let forbidden: Set<string | null>;
let streams: OpenStreams;

beforeEach(() => {
  vi.useFakeTimers();
  clock = manualClock();
  log = recordingLog();
  forbidden = new Set();
  streams = make(30);
});
afterEach(() => void vi.useRealTimers());

function make(leewaySeconds: number): OpenStreams {
  return createOpenStreams({
    clock,
    log,
    leewaySeconds,
    authorize({ subject }) {
      if (forbidden.has(subject)) throw new DoormanError('scope_insufficient');
    },
  });
}

/** Opens a stream; the codes it has been ended with come up in `ends`. */
function open(subject: string, expiresAt: number) {
  const ends: string[] = [];
  const over = streams.watch(
    { principal: principal({ subject, expiresAt }), operation },
    (reason) => void ends.push(reason.code),
  );
  return { ends, over };
}

function pass(seconds: number): void {
  clock.advance(seconds * 1_000);
  vi.advanceTimersByTime(1_000);
}

describe('an open stream', () => {
  it('ends when its token has been over for the leeway, and is told so once', () => {
    const { ends } = open('alice', now + 10);
    pass(39);
    expect(ends).toEqual([]);
    pass(1);
    expect(ends).toEqual(['token_expired']);
    pass(60);
    expect(ends).toEqual(['token_expired']);
    expect(log.lines).toMatchObject([
      { level: 'info', event: 'stream_ended', fields: { code: 'token_expired', subject: 'alice' } },
    ]);
  });

  it('ends with its token where there is no leeway', () => {
    streams = make(0);
    const { ends } = open('alice', now + 10);
    pass(9.9);
    expect(ends).toEqual([]);
    pass(0.1);
    expect(ends).toEqual(['token_expired']);
  });

  it('ends by the wall clock, so that a suspended machine does not prolong it', () => {
    const { ends } = open('alice', now + 10);
    clock.jump(3_600_000);
    vi.advanceTimersByTime(1_000);
    expect(ends).toEqual(['token_expired']);
  });

  it('goes on for ever with a token that never expires', () => {
    const { ends } = open('static', Number.POSITIVE_INFINITY);
    pass(10 ** 9);
    expect(ends).toEqual([]);
  });

  it('ends when the policy takes its right away, others do not', () => {
    const [alice, bob] = [open('alice', now + 10), open('bob', now + 10)];
    forbidden.add('alice');
    pass(1);
    expect(alice.ends).toEqual([]);
    streams.review();
    expect([alice.ends, bob.ends]).toEqual([['scope_insufficient'], []]);
  });

  it('ends as it opens where the policy has taken its right away since it was admitted', () => {
    forbidden.add('alice');
    expect(open('alice', now + 10).ends).toEqual(['scope_insufficient']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that is over by itself is not looked at again', () => {
    const { ends, over } = open('alice', now + 10);
    over();
    pass(3_600);
    forbidden.add('alice');
    streams.review();
    expect(ends).toEqual([]);
  });
});

it('no timer runs while no stream is open', () => {
  expect(vi.getTimerCount()).toBe(0);
  const [one, two] = [open('alice', now + 10), open('alice', now + 1_000)];
  expect(vi.getTimerCount()).toBe(1);
  pass(60);
  expect(one.ends).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(1);
  two.over();
  expect(vi.getTimerCount()).toBe(0);
});
