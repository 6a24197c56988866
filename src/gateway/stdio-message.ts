import { hideNumbers } from './exact-numbers.ts';

export type RequestId = string | number;
export type Members = Readonly<Record<string, unknown>>;

/** A JSON-RPC message of either side; numbers that a double cannot hold are hidden in it. */
export interface WireMessage {
  readonly jsonrpc: '2.0';
  readonly id?: RequestId;
  readonly method?: string;
  readonly params?: Members;
  readonly result?: Members;
  readonly error?: WireError;
}

export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** What a request is answered with when the server that had it is gone. */
export const serverEnded: WireError = { code: -32603, message: 'The MCP server has ended.' };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Whether it is a JSON object. */
export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMessage(value: unknown): value is WireMessage {
  if (!isObject(value) || value.jsonrpc !== '2.0') return false;
  const { method, id, params, result, error } = value;
  const isId = typeof id === 'string' || typeof id === 'number';
  if (method === undefined) return isId && (isObject(result) || isObject(error));
  const isMethod = typeof method === 'string' && (id === undefined || isId);
  return isMethod && (params === undefined || isObject(params));
}

/** The `_meta` of params or a result; empty where there is none that can be read. */
export function metaOf(members: Members | undefined): Members {
  return isObject(members?._meta) ? members._meta : {};
}

/** @throws SyntaxError for what is no JSON text */
export function parseMessage(json: string): WireMessage {
  return JSON.parse(hideNumbers(json)) as WireMessage;
}

/**
 * The messages in a line of a child's output; a batch is several, a blank line none.
 *
 * @returns `null` for a line that is anything else.
 */
export function readMessages(line: Uint8Array): readonly WireMessage[] | null {
  try {
    const text = utf8.decode(line);
    if (text.trim() === '') return [];
    const value: unknown = parseMessage(text);
    const messages = Array.isArray(value) ? value : [value];
    return messages.every(isMessage) ? messages : null;
  } catch {
    return null;
  }
}
