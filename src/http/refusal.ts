import type { DoormanError } from '../core/errors.ts';
import type { Scheme } from '../core/sender-constraint.ts';
import { challengeHeader } from './challenge.ts';

export interface RefusalContext {
  /** Absolute URL of the protected-resource metadata; `null` where there is no OAuth. */
  readonly resourceMetadata: string | null;
  /** Schemes the challenge offers, in order; `Bearer` alone unless given. */
  readonly schemes?: readonly Scheme[];
  /** The scheme of the refused credential; `null` where there was none. */
  readonly presented?: Scheme | null;
  /** Scopes the challenge names. */
  readonly scopes?: readonly string[];
  /** JSON text of the request's id; `null` where no message was read. */
  readonly rpcId?: string | null;
  /** Overrides the table's status, for refusals whose status depends on the MCP revision. */
  readonly status?: number;
  /** Further headers, such as `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
}

function textOf({ code, message }: DoormanError, scopes: readonly string[] = []): string {
  return code === 'scope_insufficient' ? `${message} Needed: ${scopes.join(' ')}.` : message;
}

/**
 * An error as the JSON-RPC message that a client gets.
 *
 * @param rpcId JSON text of the request's id; `null` where no message was read.
 * @param scopes what a challenge names.
 */
export function jsonRpcError(
  error: DoormanError,
  rpcId: string | null,
  scopes: readonly string[] = [],
): string {
  const body = JSON.stringify({
    code: error.rpcCode,
    message: textOf(error, scopes),
    ...(error.rpcData && { data: error.rpcData }),
  });
  return `{"jsonrpc":"2.0","id":${rpcId ?? 'null'},"error":${body}}`;
}

function challengeOf({ row }: DoormanError, context: RefusalContext): string {
  return challengeHeader({
    resourceMetadata: context.resourceMetadata,
    schemes: context.schemes ?? ['bearer'],
    presented: context.presented ?? null,
    error: row.oauthError,
    scopes: context.scopes ?? [],
    description: row.message,
  });
}

function headersOf({ headers }: RefusalContext): Headers {
  const ours = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  return new Headers({ ...ours, ...headers });
}

/**
 * Turns an error into the answer a client gets: status, challenge, `Retry-After` and a JSON-RPC
 * error that repeats the request's id where it was readable. Nothing but the error table's fixed
 * text, the policy's own scopes and what MCP wants as error data is shown. Never cached.
 */
export function refusal(error: DoormanError, context: RefusalContext): Response {
  const { row } = error;
  const headers = headersOf(context);
  if (row.challenge) headers.set('WWW-Authenticate', challengeOf(error, context));
  if (error.retryAfterSeconds !== null) headers.set('Retry-After', `${error.retryAfterSeconds}`);
  if (error.dpopNonce !== null) headers.set('DPoP-Nonce', error.dpopNonce);
  if (error.code === 'shutting_down') headers.set('Connection', 'close');
  return new Response(jsonRpcError(error, context.rpcId ?? null, context.scopes), {
    status: context.status ?? row.status,
    headers,
  });
}

/**
 * Turns the refusal of a tool call into a tool result, for clients that read a challenge only there:
 * `isError`, the same text, and the challenge as `_meta["mcp/www_authenticate"]` (SEP-1489, OpenAI
 * Apps SDK). The call itself has not been made.
 *
 * @param context its `rpcId` is the id of the call.
 * @param resultType what MCP 2026-07-28 wants in every result; `null` before.
 */
export function refusedToolResult(
  error: DoormanError,
  context: RefusalContext,
  resultType: 'complete' | null,
): Response {
  const result = JSON.stringify({
    ...(resultType !== null && { resultType }),
    content: [{ type: 'text', text: textOf(error, context.scopes) }],
    isError: true,
    _meta: { 'mcp/www_authenticate': [challengeOf(error, context)] },
  });
  const body = `{"jsonrpc":"2.0","id":${context.rpcId ?? 'null'},"result":${result}}`;
  return new Response(body, { status: 200, headers: headersOf(context) });
}
