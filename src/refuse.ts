import { DoormanError } from './core/errors.ts';
import type { Log } from './core/ports.ts';
import { unionScopes } from './core/scopes.ts';
import { refusal } from './http/refusal.ts';
import type { Message } from './mcp/message.ts';
import { isModern } from './mcp/revision.ts';

/** What only the transport knows of a request; for the log. */
export interface Transport {
  readonly requestId?: string;
  readonly clientAddress?: string;
}

/** What is known of a request when it is refused. */
export interface Refused {
  readonly message?: Message | null;
  readonly revision?: string | null;
  readonly transport?: Transport;
}

export interface RefuseOptions {
  /** Absolute URL of the protected-resource metadata. */
  readonly resourceMetadata: string;
  /** What a new login is asked for. */
  readonly first: readonly string[];
  /** Every scope that the policy names; no other is ever repeated to a client. */
  readonly known: readonly string[];
  readonly log: Log;
}

/** Turns whatever was thrown into the answer of this resource, and writes its one log line. */
export type Refuse = (cause: unknown, refused?: Refused) => Response;

/** Makes the one place where errors become answers. */
export function createRefuse({ resourceMetadata, first, known, log }: RefuseOptions): Refuse {
  function scopesToAskFor({ code, scopes }: DoormanError): readonly string[] {
    if (code === 'scope_insufficient') return scopes;
    if (code !== 'token_expired') return first;
    const held = scopes.filter((scope) => known.includes(scope));
    return unionScopes(held, first);
  }

  return (cause, { message = null, revision = null, transport } = {}) => {
    const error =
      cause instanceof DoormanError ? cause : new DoormanError('internal_error', { cause });
    log[error.row.level]('refused', {
      code: error.code,
      ...transport,
      ...error.detail,
      cause: error.cause,
    });
    if (error.code === 'method_unknown' && message?.kind === 'notification') {
      return new Response(null, { status: 202 });
    }
    return refusal(error, {
      resourceMetadata,
      scopes: scopesToAskFor(error),
      rpcId: error.rpcId ?? message?.id ?? null,
      ...(error.code === 'method_unknown' && isModern(revision) && { status: 404 }),
      ...(error.code === 'method_not_allowed' && { headers: { Allow: 'GET, POST, DELETE' } }),
    });
  };
}
