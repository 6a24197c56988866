import type { Operation } from '../core/types.ts';
import { badParams, notJson, notMessage } from './invalid-message.ts';
import { type Json, scanJson } from './json-scanner.ts';
import { bareOperation, longestName, type Members, readOperation } from './operation.ts';
import { messageLevel, revisionKey } from './protocol-keys.ts';

/** One JSON-RPC message, read so that no other reader can see another call in it. */
export interface Message {
  readonly kind: 'request' | 'notification' | 'response';
  /**
   * JSON text of the id as it stands in `canonical`: a number exactly as the client wrote it
   * (`1.0`, `1e400`, `9007199254740993`), a string with its quotes. `null` for notifications.
   */
  readonly id: string | null;
  /** Revision named in `params._meta["io.modelcontextprotocol/protocolVersion"]`, else `null`. */
  readonly revision: string | null;
  readonly operation: Operation;
  /** What the guard watches of `params`; empty where there is nothing. */
  readonly params: Members;
  /** The canonical message, the only form that may be forwarded. */
  readonly canonical: string;
}

// A byte order mark is kept, so that the scan refuses it like any other stray character.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const response = bareOperation('response');
const none: Members = new Map();

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw notJson('the body is not UTF-8');
  }
}

/** JSON text of the id; `null` where the message has none. */
function readId(id: Json | undefined): string | null {
  if (id === undefined) return null;
  if (id.type === 'number') return id.text;
  if (id.type === 'string') return JSON.stringify(id.value);
  throw notMessage('id is neither a string nor a number', null);
}

function readMethod(method: Json | undefined, id: string | null): string {
  if (method?.type !== 'string' || method.value === '')
    throw notMessage('method is missing or not a text', id);
  if (method.value.length > longestName) throw notMessage('method is too long', id);
  return method.value;
}

function readParams(params: Json | undefined, id: string | null): Members {
  if (params === undefined) return none;
  if (params.type === 'object') return params.members;
  throw notMessage('params is not an object', id);
}

function readRevision(params: Members, id: string | null): string | null {
  const meta = params.get('_meta');
  if (meta === undefined) return null;
  if (meta.type !== 'object') throw badParams('_meta is not an object', id);
  const revision = meta.members.get(revisionKey);
  if (revision === undefined) return null;
  if (revision.type !== 'string' || revision.value === '')
    throw badParams('the protocol version is not a text', id);
  return revision.value;
}

/** A response is judged by its form alone: what it answers was asked by the server itself. */
function checkResponse(members: Members, id: string | null): void {
  if (members.has('method') || members.has('params'))
    throw notMessage('a request and a response in one', id);
  if (members.has('result') && members.has('error'))
    throw notMessage('result and error in one response', id);
  if (id === null) throw notMessage('a response without id', null);
}

/**
 * Reads a request body as exactly one JSON-RPC 2.0 message of MCP. Batches are refused in every
 * revision, and so is everything that two JSON readers could read differently: duplicate keys at
 * any depth (compared decoded), keys that resemble a protocol key, half surrogate pairs, a byte
 * order mark, more than 100 levels.
 *
 * Not checked: the media type and size of the body, whether headers agree with the message, and
 * every member that neither names a target nor frames the message.
 *
 * @param body the whole body, undecoded.
 * @param named the revision of the request's header, which decides on known methods where the
 *   message names none; `null` for no header.
 * @throws DoormanError `message_invalid` with the JSON-RPC code -32700 (no JSON text in UTF-8, or
 *   too deep), -32600 (not one unambiguous message) or -32602 (params do not tell the target), and
 *   with the id once the whole text has been scanned and has a good one.
 */
export function readMessage(body: Uint8Array, named: string | null = null): Message {
  const { root, canonical } = scanJson(decode(body), messageLevel);
  if (root.type !== 'object') throw notMessage('the body is not one object', null);
  const { members } = root;
  const id = readId(members.get('id'));
  const version = members.get('jsonrpc');
  if (version?.type !== 'string' || version.value !== '2.0')
    throw notMessage('jsonrpc is not "2.0"', id);
  if (members.has('result') || members.has('error')) {
    checkResponse(members, id);
    return { kind: 'response', id, revision: null, operation: response, params: none, canonical };
  }
  const method = readMethod(members.get('method'), id);
  const params = readParams(members.get('params'), id);
  const revision = readRevision(params, id);
  const kind = id === null ? 'notification' : 'request';
  const operation = readOperation({ id, method, params, revision: revision ?? named });
  return { kind, id, revision, operation, params, canonical };
}
