import type { BodyFilter } from '../core/body-filter.ts';
import { DoormanError } from '../core/errors.ts';
import { isEventStream } from '../http/media-type.ts';
import { createEventStreamFilter } from '../mcp/event-stream.ts';
import { createMessageBodyFilter } from '../mcp/message-body.ts';
import type { Answer } from './answer.ts';

/** The answer to a request of our own: no client gets it. */
export interface InnerAnswer extends Answer {
  /** Enough has been read, or none of it will do: the upstream's work is to stop. */
  stop(reason: Error): void;
}

/**
 * Makes an answer that hands its messages over, one by one, whatever frames them.
 *
 * @param onMessage may throw what the whole answer then fails with.
 */
export function createInnerAnswer(onMessage: (text: string) => void): InnerAnswer {
  let filter: BodyFilter | null = null;
  let stopped: Error | null = null;
  let cancel: (reason: Error) => void = () => {};
  const pass = (text: string): string => {
    if (stopped === null) onMessage(text);
    return text;
  };

  return {
    begin(status, headers) {
      if (status === 404) throw new DoormanError('session_mismatch');
      if (status !== 200) throw new DoormanError('upstream_refused', { detail: { status } });
      const stream = isEventStream(headers['content-type']);
      filter = stream ? createEventStreamFilter(pass) : createMessageBodyFilter(pass);
      return null;
    },
    write(chunk) {
      filter?.write(chunk);
      return true;
    },
    end: () => void filter?.end(),
    fail(cause) {
      if (stopped === null) throw cause;
      if (stopped instanceof DoormanError) throw stopped;
    },
    onDrain() {},
    onCancel(callback) {
      cancel = callback;
      if (stopped !== null) callback(stopped);
    },
    stop(reason) {
      stopped ??= reason;
      cancel(stopped);
    },
  };
}
