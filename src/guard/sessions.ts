import { DoormanError } from '../core/errors.ts';
import type { Clock, Digest, Store } from '../core/ports.ts';
import type { Operation, Principal } from '../core/types.ts';
import type { Message } from '../mcp/message.ts';
import { isModern } from '../mcp/revision.ts';
import { createOwnership } from '../store/ownership.ts';

/** Sessions of MCP 2025-03-26 to 2025-11-25, each bound to the principal that opened it. */
export interface Sessions {
  /**
   * The session that a request may use; `null` for a request outside of any. MCP 2026-07-28 has
   * none, and `initialize` opens a new one: what they bring as `Mcp-Session-Id` does not count.
   *
   * @throws DoormanError `session_mismatch` for an id that is not this principal's, or no id at all;
   *   `issuer_unavailable` where the store cannot be reached
   */
  check(request: Request, principal: Principal, spoken: Spoken): Promise<string | null>;
  /** What an answer does to sessions. */
  answered(exchange: SessionExchange): SessionRules;
}

/** What a request says, and in which revision. */
export interface Spoken {
  readonly message: Message | null;
  readonly revision: string | null;
}

export interface SessionExchange {
  readonly principal: Principal;
  readonly operation: Operation;
  readonly message: Message | null;
  /** The session of the request. */
  readonly session: string | null;
}

export interface SessionRules {
  /**
   * Takes note of the head of an answer: a new session is bound before the client hears of it, one
   * that the server has ended is forgotten.
   *
   * @param id the answer's own `Mcp-Session-Id`.
   * @returns `null` where there is nothing to wait for.
   * @throws DoormanError `upstream_unavailable` for a new id that cannot be used or that somebody
   *   else has; `issuer_unavailable` where the store cannot be reached
   */
  head(status: number, id: string | undefined): Promise<void> | null;
  /** Whether an answer may name this session to its client. */
  names(id: string): boolean;
}

export interface SessionOptions {
  readonly resource: string;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly store: Store;
}

/** Streamable HTTP, "Session Management": visible ASCII. The length is ours. */
const grammar = /^[\x21-\x7e]{1,4096}$/;
const lifeSeconds = 24 * 60 * 60;

function opensSession(message: Message | null): boolean {
  return message?.kind === 'request' && message.operation.method === 'initialize';
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/**
 * Binds the session ids that the MCP server gives out. Ids are never made up here, and whoever
 * knows one has proven nothing by it: each request is judged by its own token as well.
 */
export function createSessions(options: SessionOptions): Sessions {
  const owners = createOwnership({ ...options, kind: 'session', lifeSeconds });

  async function bind(id: string, principal: Principal): Promise<void> {
    if (grammar.test(id) && (await owners.claim(id, principal))) return;
    const { issuer, subject } = principal;
    const detail = { reason: 'a session id that cannot be bound', issuer, subject };
    throw new DoormanError('upstream_unavailable', { detail });
  }

  return {
    async check(request, principal, { message, revision }) {
      const id = request.headers.get('Mcp-Session-Id');
      if (id === null || opensSession(message) || isModern(revision)) return null;
      if (grammar.test(id) && (await owners.owns(id, principal))) return id;
      const { issuer, subject } = principal;
      throw new DoormanError('session_mismatch', { detail: { issuer, subject } });
    },

    answered({ principal, operation, message, session }) {
      const opens = opensSession(message) && !isModern(message?.revision ?? null);
      let own = session;
      return {
        head(status, id) {
          if (opens && isSuccess(status) && id !== undefined) {
            own = id;
            return bind(id, principal);
          }
          if (session === null) return null;
          const ended = status === 404 || (operation.kind === 'terminate' && isSuccess(status));
          // The server has forgotten it: a record that outlives it does no harm.
          return ended ? owners.release(session).catch(() => {}) : null;
        },
        names: (id) => id === own,
      };
    },
  };
}
