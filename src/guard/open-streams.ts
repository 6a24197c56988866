import { DoormanError } from '../core/errors.ts';
import type { Clock, Log } from '../core/ports.ts';
import type { HintsOf, Operation, Principal } from '../core/types.ts';
import type { Authorize } from './authorize.ts';

/** Event streams that are open, and end when the right to them does. */
export interface OpenStreams {
  /**
   * Watches a stream until it is over.
   *
   * @param end is called once, with the reason, when the stream may not go on: at once, where the
   *   policy in force does not permit it any more.
   * @returns what to call when the stream has ended by itself.
   */
  watch(stream: WatchedStream, end: (reason: DoormanError) => void): () => void;
  /** Judges all of them now, as after a change of the policy. */
  review(): void;
}

export interface WatchedStream {
  readonly principal: Principal;
  readonly operation: Operation;
  /** What the server said of the tools it calls when it was admitted. */
  readonly hintsOf?: HintsOf;
}

export interface OpenStreamOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** How long a stream may outlive its token. */
  readonly leewaySeconds: number;
  /** Throws where the policy in force does not permit an operation. */
  readonly authorize: (...asked: Parameters<Authorize>) => void;
}

const intervalMs = 1_000;

/**
 * Looks at the clock once a second while streams are open: timers of their own would be many, and
 * wrong after a suspension of the machine.
 */
export function createOpenStreams(options: OpenStreamOptions): OpenStreams {
  const { clock, log, leewaySeconds, authorize } = options;
  const open = new Map<WatchedStream, (reason: DoormanError) => void>();
  let timer: ReturnType<typeof setInterval> | undefined;

  function forget(stream: WatchedStream): void {
    open.delete(stream);
    if (open.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function endFor(reason: DoormanError, stream: WatchedStream): void {
    const end = open.get(stream);
    forget(stream);
    const { issuer, subject } = stream.principal;
    log.info('stream_ended', {
      code: reason.code,
      issuer,
      subject,
      method: stream.operation.method,
    });
    end?.(reason);
  }

  function endWhere(reasonOf: (stream: WatchedStream) => DoormanError | null): void {
    for (const stream of open.keys()) {
      const reason = reasonOf(stream);
      if (reason !== null) endFor(reason, stream);
    }
  }

  function expire(): void {
    const nowSeconds = clock.now() / 1_000;
    endWhere(({ principal }) =>
      nowSeconds >= principal.expiresAt + leewaySeconds ? new DoormanError('token_expired') : null,
    );
  }

  function refusalOf({ principal, operation, hintsOf }: WatchedStream): DoormanError | null {
    try {
      authorize(principal, operation, hintsOf);
      return null;
    } catch (error) {
      return error instanceof DoormanError ? error : new DoormanError('operation_denied');
    }
  }

  return {
    watch(stream, end) {
      const watched = { ...stream };
      open.set(watched, end);
      timer ??= setInterval(expire, intervalMs);
      // Another policy may have come into force since it was admitted.
      const refusal = refusalOf(watched);
      if (refusal !== null) endFor(refusal, watched);
      return () => forget(watched);
    },
    review: () => endWhere(refusalOf),
  };
}
