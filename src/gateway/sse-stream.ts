import type { IncomingHttpHeaders } from 'node:http';
import { DoormanError } from '../core/errors.ts';
import { isEventStream } from '../http/media-type.ts';
import type { Answer } from './answer.ts';
import {
  createEndpointStopper,
  endpointEvent,
  findEndpoint,
  maxPreambleBytes,
  type Preamble,
} from './endpoint-event.ts';

export interface SseStreamOptions {
  readonly answer: Answer;
  /**
   * Opens a session for the server's endpoint, as the server wrote it.
   *
   * @returns the URL that clients are told instead.
   */
  readonly open: (endpoint: string) => Promise<string>;
  /** Longest wait for the `endpoint` event. */
  readonly timeoutMs: number;
}

function unusable(reason: string): DoormanError {
  return new DoormanError('upstream_unavailable', { detail: { reason } });
}

/**
 * The client's side of a legacy event stream. Nothing is sent before the server has named its
 * endpoint and a session stands for it, so that whatever fails until then is a plain refusal.
 */
export function createSseStream({ answer, open, timeoutMs }: SseStreamOptions): Answer {
  const stop = createEndpointStopper();
  let phase: 'head' | 'preamble' | 'opening' | 'open' | 'other' | 'over' = 'head';
  let head: [status: number, headers: IncomingHttpHeaders] = [200, {}];
  let preamble = '';
  let patience: NodeJS.Timeout | undefined;
  let resume = (): void => {};
  let cancel = (_reason: Error): void => {};

  const isOver = (): boolean => phase === 'over';

  async function openSession({ before, endpoint, after }: Preamble): Promise<void> {
    const url = await open(Buffer.from(endpoint, 'latin1').toString());
    if (isOver()) return;
    await answer.begin(...head, Buffer.from(endpointEvent(url)));
    if (isOver()) return;
    phase = 'open';
    if (answer.write(stop(Buffer.from(before + after, 'latin1')))) resume();
  }

  function holdBack(chunk: Uint8Array): boolean {
    preamble += Buffer.from(chunk).toString('latin1');
    const found = findEndpoint(preamble);
    if (found === null) {
      if (preamble.length > maxPreambleBytes) cancel(unusable('names no endpoint'));
      return true;
    }
    phase = 'opening';
    clearTimeout(patience);
    openSession(found).catch((error: Error) => cancel(error));
    return false;
  }

  function settle(): void {
    clearTimeout(patience);
    phase = 'over';
  }

  return {
    begin(status, upstreamHeaders) {
      if (status >= 400) {
        phase = 'other';
        return answer.begin(status, upstreamHeaders);
      }
      if (!isEventStream(upstreamHeaders['content-type'])) throw unusable('is no event stream');
      phase = 'preamble';
      head = [status, upstreamHeaders];
      patience = setTimeout(() => cancel(new DoormanError('upstream_timeout')), timeoutMs).unref();
      return null;
    },

    write(chunk) {
      if (phase === 'preamble') return holdBack(chunk);
      if (phase === 'other') return answer.write(chunk);
      const passed = stop(chunk);
      return passed.length === 0 || answer.write(passed);
    },

    end() {
      const isOpen = phase === 'open' || phase === 'other';
      settle();
      if (isOpen) answer.end();
      else answer.fail(unusable('ends before it names its endpoint'));
    },

    fail(cause) {
      settle();
      answer.fail(cause);
    },

    onDrain(callback) {
      resume = callback;
      answer.onDrain(callback);
    },

    onCancel(callback) {
      cancel = callback;
      answer.onCancel(callback);
    },
  };
}
