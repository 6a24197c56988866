import type { BodyFilter } from '../core/body-filter.ts';
import type { DoormanError } from '../core/errors.ts';
import type { HintsOf, Operation, Principal } from '../core/types.ts';
import { jsonRpcError } from '../http/refusal.ts';
import { createEventStreamFilter } from '../mcp/event-stream.ts';
import type { Message } from '../mcp/message.ts';
import { createMessageBodyFilter } from '../mcp/message-body.ts';
import { createHandOver } from './hand-over.ts';
import type { Listing } from './listing.ts';
import type { OpenStreams } from './open-streams.ts';
import type { Sessions } from './sessions.ts';
import type { Tasks } from './tasks.ts';

/** What the answer to one admitted request has to pass on its way to the client. */
export interface AnswerRules {
  /**
   * Takes note of an answer's head before any of it goes out.
   *
   * @param header reads a header of the answer by its name in lower case.
   * @returns a promise where the store has to be asked; then the head waits for it.
   */
  head(status: number, header: (name: string) => string | undefined): Promise<void> | null;
  /** Whether the answer may name this session to its client; the header stays here otherwise. */
  namesSession(id: string): boolean;
  /**
   * The filter of a body.
   *
   * @param eventStream whether it is a server-sent event stream.
   * @returns `null` for a body that goes on as it is.
   */
  body(eventStream: boolean): BodyFilter | null;
  /**
   * Takes note of what is handed over in bytes that the filter has let through: the whole message,
   * or whole events.
   *
   * @returns what may go on in their place, once it has been noted; `null` where there is nothing to
   *   wait for. Never rejects.
   */
  handOver(passed: Uint8Array): Promise<Uint8Array> | null;
  /**
   * Watches an event stream, whose right to go on may end before it does.
   *
   * @param end is called once, with the last bytes for the client, when it may not go on.
   * @returns what to call when the stream is over.
   */
  opened(end: (last: Uint8Array) => void): () => void;
}

/** A request whose answer is judged. */
export interface Answered {
  readonly principal: Principal;
  readonly operation: Operation;
  readonly message: Message | null;
  readonly session: string | null;
  readonly hintsOf?: HintsOf;
}

/** An answer that nothing has to happen to. */
export const passing: AnswerRules = {
  head: () => null,
  namesSession: () => true,
  body: () => null,
  handOver: () => null,
  opened: () => () => {},
};

const encoder = new TextEncoder();

/** Tells the client of a request why no answer will come. */
function lastEvent(message: Message | null, reason: DoormanError): Uint8Array {
  if (message?.kind !== 'request') return new Uint8Array();
  return encoder.encode(`event: message\ndata: ${jsonRpcError(reason, message.id)}\n\n`);
}

/**
 * Makes the rules for the answer to one request. Lists are filtered in every answer, not only to the
 * methods that ask for them: a server that has two requests with one id may send the list in the
 * answer to a call, as MCP SDK v1 does. Event streams are read under any policy, because another may
 * come into force while they are open.
 *
 * @param parts.listing what lists show under the policy in force.
 */
export function createAnswers(parts: {
  readonly sessions: Sessions;
  readonly streams: OpenStreams;
  readonly tasks: Tasks;
  readonly listing: () => Listing;
}): (answered: Answered) => AnswerRules {
  return (answered) => {
    const filterMessage = (text: string): string | null => parts.listing().filter(text, answered);
    const session = parts.sessions.answered(answered);
    const { tasks } = parts;
    let handOver: AnswerRules['handOver'] = () => null;
    return {
      head: (status, header) => session.head(status, header('mcp-session-id')),
      namesSession: session.names,
      body(eventStream) {
        const reads = parts.listing().reads || tasks.mayHandOver(answered);
        if (!eventStream && !reads) return null;
        handOver = createHandOver((text) => tasks.handOver(text, answered), eventStream);
        return eventStream
          ? createEventStreamFilter(filterMessage)
          : createMessageBodyFilter(filterMessage);
      },
      handOver: (passed) => handOver(passed),
      opened: (end) =>
        // Only whole events have gone out, so that this cannot complete one of the server's.
        parts.streams.watch(answered, (reason) => end(lastEvent(answered.message, reason))),
    };
  };
}
