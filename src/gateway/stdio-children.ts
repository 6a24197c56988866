import { DoormanError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { StdioChild } from './stdio-child.ts';

export interface ChildrenOptions {
  /** Children that may run at a time. */
  readonly max: number;
  /** Children that may run at a time for one principal. */
  readonly maxPerPrincipal: number;
  readonly clock: Clock;
}

/** All children of one upstream. */
export interface Children {
  /**
   * Starts a child for a principal, if there is room and its last ones did not fail.
   *
   * @throws DoormanError `sessions_exhausted`, `upstream_exhausted`, `upstream_unavailable` with the
   *   time to wait, or what `start` throws
   */
  start(principal: string, start: () => StdioChild): StdioChild;
  /** Whether children begin to work, as far as the last ones tell; a while after them, nobody knows. */
  healthy(): boolean;
  /** Ends them all. */
  close(): Promise<void>;
}

/** A child that ends by itself this soon has failed. */
const youthMs = 10_000;
const firstDelayMs = 1_000;
const longestDelayMs = 60_000;
const unhealthyFailures = 5;
const maxRemembered = 1_000;

interface Failures {
  readonly count: number;
  readonly until: number;
}

/** The first failure costs nothing: a new child is the cure for most. Then the wait doubles. */
function delayAfter(count: number): number {
  return count < 2 ? 0 : Math.min(firstDelayMs * 2 ** (count - 2), longestDelayMs);
}

/** Keeps count of the children of one upstream, and holds back those that would only fail again. */
export function createChildren({ max, maxPerPrincipal, clock }: ChildrenOptions): Children {
  const running = new Map<StdioChild, string>();
  const failures = new Map<string, Failures>();
  let failedInARow = 0;
  let lastFailure = Number.NEGATIVE_INFINITY;
  let closed = false;

  function noteFailure(principal: string, spoke: boolean): void {
    // One that has spoken can be started: what ends it then may be its user's doing, who must not
    // take the server away from all others by it.
    failedInARow = spoke ? 0 : failedInARow + 1;
    lastFailure = clock.monotonic();
    const count = (failures.get(principal)?.count ?? 0) + 1;
    failures.delete(principal);
    failures.set(principal, { count, until: clock.monotonic() + delayAfter(count) });
    const [oldest] = failures.keys();
    if (failures.size > maxRemembered && oldest !== undefined) failures.delete(oldest);
  }

  function noteSuccess(principal: string): void {
    failedInARow = 0;
    failures.delete(principal);
  }

  function checkRoom(principal: string): void {
    if (closed) throw new DoormanError('shutting_down');
    const own = [...running.values()].filter((owner) => owner === principal).length;
    if (own >= maxPerPrincipal)
      throw new DoormanError('sessions_exhausted', { detail: { children: own } });
    if (running.size >= max)
      throw new DoormanError('upstream_exhausted', { detail: { children: running.size } });
    const waitMs = (failures.get(principal)?.until ?? 0) - clock.monotonic();
    if (waitMs > 0)
      throw new DoormanError('upstream_unavailable', {
        detail: { reason: 'children end too soon' },
        retryAfterSeconds: Math.ceil(waitMs / 1_000),
      });
  }

  return {
    start(principal, start) {
      checkRoom(principal);
      const begun = clock.monotonic();
      const started = start();
      let asked = false;
      let spoke = false;
      const child: StdioChild = {
        ...started,
        onMessage(receive) {
          started.onMessage((message) => {
            spoke = true;
            receive(message);
          });
        },
        close() {
          asked = true;
          return started.close();
        },
      };
      running.set(child, principal);
      void child.ended.then(() => {
        running.delete(child);
        if (!asked && clock.monotonic() - begun < youthMs) noteFailure(principal, spoke);
        else noteSuccess(principal);
      });
      return child;
    },
    healthy: () =>
      failedInARow < unhealthyFailures || clock.monotonic() - lastFailure > longestDelayMs,
    async close() {
      closed = true;
      await Promise.all([...running.keys()].map((child) => child.close()));
    },
  };
}
