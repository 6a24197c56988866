import { DoormanError } from '../core/errors.ts';
import { isDoormanError } from '../core/is-doorman-error.ts';
import type { Log } from '../core/ports.ts';
import { unionScopes } from '../core/scopes.ts';
import type { Scheme } from '../core/sender-constraint.ts';
import type { Principal } from '../core/types.ts';
import { refusal, refusedToolResult } from '../http/refusal.ts';
import type { Message } from '../mcp/message.ts';
import { isModern } from '../mcp/revision.ts';
import type { Denial } from '../policy/document.ts';

/** What only the transport knows of a request. */
export interface Transport {
  /** For the log. */
  readonly requestId?: string;
  /** For the log. */
  readonly clientAddress?: string;
  /** The client's certificate, as a trusted hop handed it over. */
  readonly clientCertificate?: string | null;
}

/** What is known of a request when it is refused. */
export interface Refused {
  readonly message?: Message | null;
  /** Whose request it is, where it was admitted already; for the log. */
  readonly principal?: Principal;
  readonly revision?: string | null;
  /** How the credential was sent. */
  readonly scheme?: Scheme | null;
  readonly transport?: Transport;
}

export interface RefuseOptions {
  /** Absolute URL of the protected-resource metadata; `null` where nobody can log in. */
  readonly resourceMetadata: string | null;
  /** Schemes that challenges offer, in order. */
  readonly schemes: readonly Scheme[];
  /** What a new login is asked for. */
  readonly first: readonly string[];
  /** Every scope that the policy names; no other is ever repeated to a client. */
  readonly known: readonly string[];
  /** The policy's scopes as a client must write them to an issuer; to all of them for `null`. */
  readonly requestScopes: (scopes: readonly string[], issuer: string | null) => readonly string[];
  /** How a tool call that lacks a scope is refused. */
  readonly denial: Denial;
  readonly log: Log;
}

/** Turns whatever was thrown into the answer of this resource, and writes its one log line. */
export type Refuse = (cause: unknown, refused?: Refused) => Response;

/** Who issued the token that an error is about, where that is known. */
function issuerOf({ detail }: DoormanError): string | null {
  return typeof detail.issuer === 'string' ? detail.issuer : null;
}

function isToolCall(message: Message | null): boolean {
  return message?.kind === 'request' && message.operation.method === 'tools/call';
}

/** Makes the one place where errors become answers. */
export function createRefuse(options: RefuseOptions): Refuse {
  const { resourceMetadata, schemes, first, known, requestScopes, denial, log } = options;

  function scopesToAskFor({ code, scopes }: DoormanError): readonly string[] {
    if (code === 'scope_insufficient') return scopes;
    if (code !== 'token_expired') return first;
    const held = scopes.filter((scope) => known.includes(scope));
    return unionScopes(held, first);
  }

  return (cause, refused = {}) => {
    const { message = null, principal, revision = null, scheme = null, transport = {} } = refused;
    const error = isDoormanError(cause) ? cause : new DoormanError('internal_error', { cause });
    const { requestId, clientAddress } = transport;
    log[error.row.level]('refused', {
      code: error.code,
      requestId,
      clientAddress,
      ...(principal && { issuer: principal.issuer, subject: principal.subject }),
      ...(principal && message && { method: message.operation.method }),
      ...error.detail,
      cause: error.cause,
    });
    const isDropped = error.code === 'method_unknown' || error.code === 'task_unknown';
    if (isDropped && message?.kind === 'notification') {
      return new Response(null, { status: 202 });
    }
    const context = {
      resourceMetadata,
      schemes,
      presented: scheme,
      scopes: requestScopes(scopesToAskFor(error), issuerOf(error)),
      rpcId: error.rpcId ?? message?.id ?? null,
    };
    if (denial === 'result' && error.code === 'scope_insufficient' && isToolCall(message)) {
      return refusedToolResult(error, context, isModern(revision) ? 'complete' : null);
    }
    return refusal(error, {
      ...context,
      ...(error.code === 'method_unknown' && isModern(revision) && { status: 404 }),
      ...(error.code === 'method_not_allowed' && { headers: { Allow: 'GET, POST, DELETE' } }),
    });
  };
}
