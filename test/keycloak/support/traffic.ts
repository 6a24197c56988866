import { setTimeout as delay } from 'node:timers/promises';
import type { Doorman } from './doorman.ts';

/** A steady stream of calls, with tokens that may change while it flows. */
export interface Traffic {
  /** Each further call takes one of these, in turn. */
  use(tokens: readonly string[]): void;
  /** Calls sent so far. */
  readonly sent: number;
  /** Stops, waits for what is under way, and tells what every call came to. */
  stop(): Promise<TrafficReport>;
}

export interface TrafficReport {
  readonly sent: number;
  readonly perSecond: number;
  /** How many calls got which status; `0` for those that got no answer. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly slowestMs: number;
}

const tickMs = 10;

/** @param perSecond calls that are begun each second, however long they take. */
export function startTraffic(doorman: Doorman, perSecond: number, first: string): Traffic {
  const statuses: Record<number, number> = {};
  const running = new Set<Promise<void>>();
  const start = performance.now();
  let tokens: readonly string[] = [first];
  let sent = 0;
  let slowestMs = 0;
  let stopped = false;

  async function call(token: string): Promise<void> {
    const begun = performance.now();
    const status = await doorman.call(token).then(
      async (response) => {
        await response.text();
        return response.status;
      },
      () => 0,
    );
    statuses[status] = (statuses[status] ?? 0) + 1;
    slowestMs = Math.max(slowestMs, performance.now() - begun);
  }

  async function flow(): Promise<void> {
    while (!stopped) {
      const due = Math.floor(((performance.now() - start) * perSecond) / 1_000);
      for (; sent < due; sent += 1) {
        const one = call(tokens[sent % tokens.length] ?? '');
        running.add(one);
        void one.finally(() => running.delete(one));
      }
      await delay(tickMs);
    }
  }
  const flowing = flow();

  return {
    use(next) {
      tokens = next;
    },
    get sent() {
      return sent;
    },
    async stop() {
      stopped = true;
      await flowing;
      const seconds = (performance.now() - start) / 1_000;
      await Promise.all(running);
      return { sent, perSecond: Math.round(sent / seconds), statuses, slowestMs };
    },
  };
}
