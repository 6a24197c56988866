import { DoormanError } from '../core/errors.ts';
import type { Clock, Digest, Log, Store } from '../core/ports.ts';
import type { Operation, Principal } from '../core/types.ts';
import { jsonRpcError } from '../http/refusal.ts';
import type { Message } from '../mcp/message.ts';
import { readTaskAnswer, type TaskAnswer } from '../mcp/task-answer.ts';
import { createOwnership } from '../store/ownership.ts';

/** Tasks of MCP 2025-11-25 and of its extension, each bound to the principal whose call made it. */
export interface Tasks {
  /**
   * @throws DoormanError `task_unknown` for a task that is not this principal's, or `method_unknown`
   *   where its revision has no such method, however the policy permits it;
   *   `issuer_unavailable` where the store cannot be reached
   */
  check(principal: Principal, operation: Operation): Promise<void>;
  /**
   * Whether the answer to a request has to be read whole, since it may hand over tasks. In a session
   * any may: a server that has two requests with one id sends the list in the answer to the other.
   */
  mayHandOver(asked: Pick<Receiver, 'message'> & { readonly session: string | null }): boolean;
  /**
   * Binds the task that one message of an answer hands over, before the client hears of it, and
   * leaves out of a list what belongs to others.
   *
   * @returns what may go on: where that cannot be done, an error instead. `null` for a message that
   *   hands over nothing.
   */
  handOver(text: string, to: Receiver): Promise<string> | null;
}

/** Who reads an answer, and to what. */
export interface Receiver {
  readonly principal: Principal;
  readonly message: Message | null;
}

export interface TaskOptions {
  readonly resource: string;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly store: Store;
  readonly log: Log;
}

/** Clients keep ids beyond a crash of theirs. */
const lifeSeconds = 7 * 24 * 60 * 60;

/** A call asks for a task in 2025-11-25; in the extension it says that it could live with one. */
const asksForTask = /"task"|io\.modelcontextprotocol\/tasks/;

function unusable(reason: string): DoormanError {
  return new DoormanError('upstream_unavailable', { detail: { reason } });
}

/** Binds the tasks that the MCP server gives out. */
export function createTasks({ log, ...options }: TaskOptions): Tasks {
  const owners = createOwnership({ ...options, kind: 'task', lifeSeconds });

  async function ownPart(text: string, answer: TaskAnswer, principal: Principal): Promise<string> {
    if (answer.kind === 'unreadable') throw unusable('an answer about tasks that cannot be read');
    if (answer.kind === 'created') {
      if (await owners.claim(answer.id, principal)) return text;
      throw unusable('a task id that cannot be bound');
    }
    const { list, tasks } = answer;
    const isOwn = await Promise.all(
      tasks.map(({ id }) => id !== null && owners.owns(id, principal)),
    );
    const own = tasks.filter((_, index) => isOwn[index]);
    if (own.length === tasks.length) return text;
    const kept = own.map(({ start, end }) => text.slice(start, end)).join(',');
    return `${text.slice(0, list.start)}[${kept}]${text.slice(list.end)}`;
  }

  return {
    async check(principal, { task, known }) {
      if (task === null || (await owners.owns(task, principal))) return;
      const { issuer, subject } = principal;
      const detail = { issuer, subject };
      // To whom the revision does not give the method, a server says so whatever the task.
      if (!known) throw new DoormanError('method_unknown', { rpcCode: -32601, detail });
      throw new DoormanError('task_unknown', { rpcCode: -32602, detail });
    },

    mayHandOver({ message, session }) {
      if (message?.kind !== 'request') return false;
      const { method } = message.operation;
      if (session !== null || method === 'tasks/list') return true;
      return method === 'tools/call' && asksForTask.test(message.canonical);
    },

    handOver(text, { principal, message }) {
      const answer = readTaskAnswer(text);
      if (answer === null) return null;
      return ownPart(text, answer, principal).catch((cause: unknown) => {
        const error =
          cause instanceof DoormanError ? cause : new DoormanError('internal_error', { cause });
        const { issuer, subject } = principal;
        log[error.row.level]('task_withheld', {
          code: error.code,
          issuer,
          subject,
          ...error.detail,
        });
        return jsonRpcError(error, message?.id ?? null);
      });
    },
  };
}
