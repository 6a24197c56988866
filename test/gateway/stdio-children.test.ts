import { describe, expect, it } from 'vitest';
import type { StdioChild } from '../../src/gateway/stdio-child.ts';
import { createChildren } from '../../src/gateway/stdio-children.ts';
import type { WireMessage } from '../../src/gateway/stdio-message.ts';
import { manualClock } from '../support/clock.ts';

interface FakeChild extends StdioChild {
  /** Ends by itself. */
  crash(): Promise<void>;
  says(message: WireMessage): void;
}

function fakeChild(): FakeChild {
  let end: (how: string) => void = () => {};
  let receive: (message: WireMessage) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const finish = async (): Promise<void> => {
    end('exit code 0');
    await ended;
  };
  return {
    send() {},
    onMessage(callback) {
      receive = callback;
    },
    says: (message) => receive(message),
    pause() {},
    resume() {},
    ended,
    close: finish,
    crash: finish,
  };
}

function setUp(limits = { max: 3, maxPerPrincipal: 2 }) {
  const clock = manualClock();
  const children = createChildren({ ...limits, clock });
  const fakes: FakeChild[] = [];
  const start = (principal = 'alice'): StdioChild =>
    children.start(principal, () => {
      const fake = fakeChild();
      fakes.push(fake);
      return fake;
    });
  const crash = async (): Promise<void> => fakes.at(-1)?.crash();
  const says = (message: WireMessage): void => fakes.at(-1)?.says(message);
  return { clock, children, start, crash, says };
}

function refusal(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}

describe('the children of an upstream', () => {
  it('are limited for one principal, and in all', async () => {
    const { start } = setUp();
    const first = start();
    start();
    expect(refusal(start)).toMatchObject({ code: 'sessions_exhausted', retryAfterSeconds: 30 });
    start('bob');
    expect(refusal(() => start('bob'))).toMatchObject({ code: 'upstream_exhausted' });
    await first.close();
    expect(refusal(() => start('bob'))).toBeNull();
  });

  it('are restarted at once when one has failed, then after a growing wait', async () => {
    const { clock, start, crash } = setUp();
    const waits: number[] = [];
    for (let failure = 0; failure < 9; failure += 1) {
      start();
      await crash();
      const refused = refusal(start) as { retryAfterSeconds: number } | null;
      if (refused === null) await crash();
      else waits.push(refused.retryAfterSeconds);
      clock.advance(60_000);
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('are held back for the principal alone whose children fail', async () => {
    const { start, crash } = setUp();
    for (let failure = 0; failure < 2; failure += 1) {
      start();
      await crash();
    }
    expect(refusal(start)).toMatchObject({ code: 'upstream_unavailable', retryAfterSeconds: 1 });
    expect(refusal(() => start('bob'))).toBeNull();
  });

  it('have not failed when they lived for a while, or were ended by us', async () => {
    const { clock, children, start, crash } = setUp();
    for (let turn = 0; turn < 10; turn += 1) {
      start();
      clock.advance(10_000);
      await crash();
      await start().close();
    }
    expect(refusal(start)).toBeNull();
    expect(children.healthy()).toBe(true);
  });

  it('are unhealthy once five have failed in a row', async () => {
    const { clock, children, start, crash } = setUp();
    for (let failure = 0; failure < 5; failure += 1) {
      expect(children.healthy()).toBe(true);
      start(`user ${failure}`);
      await crash();
    }
    expect(children.healthy()).toBe(false);
    start('somebody');
    clock.advance(10_000);
    await crash();
    expect(children.healthy()).toBe(true);
  });

  it('are healthy however often one user makes an end of them after they have begun', async () => {
    const { clock, children, start, crash, says } = setUp();
    const received: WireMessage[] = [];
    const message: WireMessage = { jsonrpc: '2.0', id: 1, result: {} };
    for (let failure = 0; failure < 10; failure += 1) {
      start('mallory').onMessage((heard) => received.push(heard));
      says(message);
      await crash();
      clock.advance(60_000);
      expect(children.healthy()).toBe(true);
    }
    expect(received).toEqual(Array(10).fill(message));
    start('mallory');
    await crash();
    expect(refusal(() => start('mallory'))).toMatchObject({ code: 'upstream_unavailable' });
  });

  it('may be healthy again a minute after the last failure, so that somebody tries', async () => {
    const { clock, children, start, crash } = setUp();
    for (let failure = 0; failure < 5; failure += 1) {
      start(`user ${failure}`);
      await crash();
    }
    clock.advance(60_000);
    expect(children.healthy()).toBe(false);
    clock.advance(1);
    expect(children.healthy()).toBe(true);
  });

  it('all end together, and none is started after that', async () => {
    const { children, start } = setUp();
    const ended = [start().ended, start('bob').ended];
    await children.close();
    expect(await Promise.all(ended)).toEqual(['exit code 0', 'exit code 0']);
    expect(refusal(start)).toMatchObject({ code: 'shutting_down' });
  });
});
