import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { BodyFilter } from '../core/body-filter.ts';
import type { AnswerRules } from '../guard/answers.ts';
import { isEventStream } from '../http/media-type.ts';
import { clientResponseHeaders } from './forward-headers.ts';
import { createTurns } from './turns.ts';

export interface AnswerOptions {
  readonly outgoing: ServerResponse;
  /** Headers of our own; they win over the upstream's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly rules: AnswerRules;
  /**
   * What a client that goes away means: cancellation (MCP 2026-07-28, and any GET), or nothing, so
   * that the upstream's work runs on (earlier revisions).
   */
  readonly cancelOnDisconnect: boolean;
  /** How long an answer runs on that nobody listens to any more. */
  readonly detachedTimeoutMs: number;
  /** Ends an answer that has begun; what has not begun is refused with the signal's reason. */
  readonly stop: AbortSignal | null;
}

/** The client's side of an exchange: an upstream writes here, and cannot get around the rules. */
export interface Answer {
  /**
   * Status and headers, before any data.
   *
   * @param first bytes of our own that stand before the body, which no filter has to read.
   * @returns a promise where the rest has to wait for it.
   * @throws DoormanError where the answer may not go on; the upstream then stops its work.
   */
  begin(status: number, headers: IncomingHttpHeaders, first?: Uint8Array): Promise<void> | null;
  /**
   * @returns `false` when the client is slower than the upstream, which then waits for `onDrain`.
   * @throws DoormanError for a body that cannot be passed on
   */
  write(chunk: Uint8Array): boolean;
  /** @throws DoormanError for a body that cannot be passed on, if nothing has gone out yet */
  end(): void;
  /** The upstream broke off. @throws the cause, if nothing has gone out yet */
  fail(cause: Error): void;
  /** What to call when the client takes more again. */
  onDrain(resume: () => void): void;
  /** What to call, once, when nobody wants the rest: the upstream's work is to stop then. */
  onCancel(cancel: (reason: Error) => void): void;
}

const nothing = (): void => {};
const nothingMore = new Uint8Array();

/** Makes the client's side of one exchange. */
export function createAnswer(options: AnswerOptions): Answer {
  const { outgoing, rules, cancelOnDisconnect, detachedTimeoutMs, stop } = options;
  let gone = false;
  let over = false;
  let eventStream = false;
  let filter: BodyFilter | null = null;
  /** Sends the head that a filter holds back. */
  let sendHead = nothing;
  let resume = nothing;
  let cancel: (reason: Error) => void = nothing;
  let cancelled: Error | null = null;
  let detached: NodeJS.Timeout | undefined;
  /** Ends the watch over an event stream. */
  let unwatch = nothing;
  const turns = createTurns({
    handOver: rules.handOver,
    caughtUp: () => resume(),
    failed: () => outgoing.destroy(),
  });

  function stopWork(reason: Error): void {
    if (cancelled !== null) return;
    cancelled = reason;
    cancel(reason);
  }
  const abandon = (): void => stopWork(new Error('client disconnected'));
  /** Nothing more goes out, even while a slow client keeps it open, and nobody wants the rest. */
  const cut = (last: Uint8Array): void => {
    if (gone || over) return;
    gone = true;
    outgoing.end(last);
    stopWork(new Error('the stream has been ended here'));
  };
  const endEarly = (): void => {
    if (outgoing.headersSent) cut(nothingMore);
    else stopWork(stop?.reason);
  };
  const settle = (): void => {
    over = true;
    unwatch();
    stop?.removeEventListener('abort', endEarly);
    clearTimeout(detached);
  };

  const leave = (): void => {
    gone = true;
    unwatch();
    stop?.removeEventListener('abort', endEarly);
    if (over) return;
    if (cancelOnDisconnect) abandon();
    else detached = setTimeout(abandon, detachedTimeoutMs).unref();
    if (cancelled === null) resume();
  };
  outgoing.on('drain', () => resume());
  stop?.addEventListener('abort', endEarly);
  // A client that left while its request was judged is not heard of again.
  if (outgoing.destroyed) leave();
  else outgoing.once('close', leave);

  function writeHead(status: number, upstreamHeaders: IncomingHttpHeaders): void {
    const { 'content-length': length, ...rest } = clientResponseHeaders(upstreamHeaders);
    const session = rest['mcp-session-id'];
    if (session !== undefined && !rules.namesSession(session)) delete rest['mcp-session-id'];
    const sized = length === undefined || status === 204 || filter !== null;
    outgoing.writeHead(status, {
      ...rest,
      ...(!sized && { 'content-length': length }),
      ...options.headers,
    });
    outgoing.flushHeaders();
  }

  return {
    begin(status, upstreamHeaders, first) {
      if (gone) return null;
      const start = (): void => {
        if (gone) return;
        eventStream = isEventStream(upstreamHeaders['content-type']);
        filter = rules.body(eventStream);
        sendHead = () => {
          writeHead(status, upstreamHeaders);
          if (first !== undefined) outgoing.write(first);
        };
        if (!filter?.holdsBack) sendHead();
        if (eventStream) unwatch = rules.opened(cut);
      };
      const noted = rules.head(status, (name) => {
        const value = upstreamHeaders[name];
        return Array.isArray(value) ? value.join(', ') : value;
      });
      if (noted !== null) return noted.then(start);
      start();
      return null;
    },

    write(chunk) {
      if (gone) return true;
      const passed = filter === null ? chunk : filter.write(chunk);
      return passed.length === 0 || turns.take(passed, (bytes) => gone || outgoing.write(bytes));
    },

    end() {
      settle();
      if (gone) return;
      turns.take(filter?.end() ?? nothingMore, (rest) => {
        if (gone) return true;
        if (!outgoing.headersSent) sendHead();
        if (rest.length > 0) outgoing.end(rest);
        else outgoing.end();
        return true;
      });
    },

    fail(cause) {
      settle();
      if (gone) return;
      if (!outgoing.headersSent) throw cause;
      // A half event is dropped by every SSE reader; half a JSON body must be seen as broken.
      if (!eventStream) return void outgoing.destroy();
      turns.take(nothingMore, () => {
        if (!gone) outgoing.end();
        return true;
      });
    },

    onDrain(callback) {
      resume = callback;
    },

    onCancel(callback) {
      cancel = callback;
      if (cancelled !== null) callback(cancelled);
    },
  };
}
