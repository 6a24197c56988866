import { beforeEach, describe, expect, it } from 'vitest';
import { type Circuit, createCircuit } from '../../src/token/circuit.ts';
import { failure, type Outcome } from '../../src/token/exchange.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { recordingLog } from '../support/issuer.ts';

const good: Outcome<string> = { ok: true, value: 'answer' };
const bad = failure('status 500');
const issuer = 'https://idp.example';

let clock: ManualClock;
let log: ReturnType<typeof recordingLog>;
let circuit: Circuit;
let calls: number;
/** What comes of a call that no forged token can spoil. */
let state: Outcome<string>;
let probes: number;

function run(outcome: Outcome<string>): Promise<Outcome<string>> {
  return circuit(async () => {
    calls += 1;
    return outcome;
  });
}

/** Lets a probe end for which nobody waits. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function fail(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await run(bad);
  await settle();
}

const events = () => log.lines.map(({ event }) => event);

beforeEach(() => {
  clock = manualClock();
  log = recordingLog();
  state = bad;
  calls = 0;
  probes = 0;
  const probe = async () => {
    probes += 1;
    return state;
  };
  circuit = createCircuit({ issuer, clock, log, probe });
});

describe('a circuit', () => {
  it('passes on what comes, good or bad, for four failures in a row', async () => {
    for (let i = 0; i < 10; i++) {
      await fail(4);
      expect(await run(good)).toBe(good);
    }
    expect({ calls, probes }).toEqual({ calls: 50, probes: 0 });
    expect(log.lines).toEqual([]);
  });

  it('fails without a call after five, and says so once', async () => {
    await fail(5);
    expect(await run(good)).toMatchObject({ ok: false, retryAfterMs: 1_000 });
    await fail(100);
    expect({ calls, probes }).toEqual({ calls: 5, probes: 1 });
    const fields = { issuer, got: 'status 500', seconds: 1 };
    expect(log.lines).toEqual([{ level: 'error', event: 'introspection_suspended', fields }]);
  });

  it('is not opened by tokens that the issuer fails for, while it is well', async () => {
    state = good;
    for (let i = 0; i < 100; i++) await fail(1);
    expect(await run(good)).toBe(good);
    expect({ calls, probes }).toEqual({ calls: 101, probes: 20 });
    expect(log.lines).toEqual([]);
  });

  it('is not kept open by such tokens either', async () => {
    await fail(5);
    state = good;
    clock.advance(1_000);
    expect(await run(bad)).toBe(bad);
    expect(await run(good)).toBe(good);
    expect(events()).toEqual(['introspection_suspended', 'introspection_resumed']);
  });

  it('tries once after the pause, and doubles the pause up to 30 seconds', async () => {
    await fail(5);
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      const before = probes;
      clock.advance(seconds * 1_000 - 1);
      await fail(3);
      expect(probes).toBe(before);
      clock.advance(1);
      await fail(3);
      expect(probes).toBe(before + 1);
    }
    expect(calls).toBe(5);
  });

  it('lets nobody pass while it tries', async () => {
    let answer: (outcome: Outcome<string>) => void = () => {};
    let isFirst = true;
    circuit = createCircuit({
      issuer,
      clock,
      log,
      async probe() {
        if (isFirst) {
          isFirst = false;
          return bad;
        }
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    await fail(5);
    clock.advance(1_000);
    const first = run(good);
    expect(await run(good)).toMatchObject({ ok: false });
    answer(good);
    expect(await first).toBe(good);
    expect(await run(good)).toBe(good);
    expect(calls).toBe(7);
    expect(events()).toEqual(['introspection_suspended', 'introspection_resumed']);
  });

  it('starts anew with four failures and one second after it has come back', async () => {
    await fail(5);
    clock.advance(1_000);
    await run(bad);
    clock.advance(2_000);
    state = good;
    await run(good);
    state = bad;
    await fail(4);
    expect(await run(good)).toBe(good);
    await fail(5);
    clock.advance(1_000);
    state = good;
    expect(await run(good)).toBe(good);
  });

  it('leaves an issuer alone at once, for as long as it asks', async () => {
    state = good;
    await run(failure('status 429', 120_000));
    expect(await run(good)).toMatchObject({ ok: false, retryAfterMs: 120_000 });
    clock.advance(119_999);
    expect(await run(good)).toMatchObject({ ok: false, retryAfterMs: 1 });
    clock.advance(1);
    expect(await run(good)).toBe(good);
  });

  it('does not prolong a pause for calls that began before it', async () => {
    const late: ((outcome: Outcome<string>) => void)[] = [];
    const calling = Array.from({ length: 20 }, () =>
      circuit<string>(() => new Promise((resolve) => late.push(resolve))),
    );
    for (const answer of late) answer(bad);
    await Promise.all(calling);
    await settle();
    clock.advance(1_000);
    state = good;
    expect(await run(good)).toBe(good);
    expect(events()).toEqual(['introspection_suspended', 'introspection_resumed']);
  });

  it('is not held open by a call that throws', async () => {
    await fail(5);
    clock.advance(1_000);
    state = good;
    const broken = circuit(() => Promise.reject(new Error('broken')));
    await expect(broken).rejects.toThrow('broken');
    expect(await run(good)).toBe(good);
  });

  it('ages on the monotonic clock', async () => {
    await fail(5);
    state = good;
    clock.jump(3_600_000);
    expect(await run(good)).toMatchObject({ ok: false });
    clock.jump(-7_200_000);
    clock.advance(1_000);
    expect(await run(good)).toBe(good);
  });
});
