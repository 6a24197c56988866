import { DoormanError } from '../core/errors.ts';
import type { Operation } from '../core/types.ts';
import { badParams } from './invalid-message.ts';
import { type Json, mostOfRecord } from './json-scanner.ts';
import type { Message } from './message.ts';
import { capabilitiesKey } from './protocol-keys.ts';
import { isModern, revisions } from './revision.ts';

/** MCP 2026-07-28, Streamable HTTP, "Server Validation". */
const headerMismatch = -32020;
/** MCP 2026-07-28, "Protocol Version Negotiation". */
const unsupportedVersion = -32022;

/** Methods whose target `Mcp-Name` repeats. */
const named: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** What may be asked for instead by who names its revision in each message, as only these do. */
const negotiable: readonly string[] = revisions.filter(isModern);

/** The longest revision that is repeated to a client. */
const longestRequested = 64;

const visible = /^[\t -~]*$/;
const sentinel = /^=\?base64\?.*\?=$/;
const token = /^[\w!#$%&'*+.^`|~-]+$/;
const decimal = /^-?\d+(?:\.\d+)?$/;
const utf8 = new TextEncoder();

function mismatch(header: string, id: string | null): DoormanError {
  const detail = { header };
  return new DoormanError('header_mismatch', { rpcCode: headerMismatch, rpcId: id, detail });
}

function unsupported(revision: string, id: string | null): DoormanError {
  const requested = revision.slice(0, longestRequested);
  return new DoormanError('version_unsupported', {
    rpcCode: unsupportedVersion,
    rpcId: id,
    rpcData: { supported: negotiable, requested },
    detail: { requested },
  });
}

function base64(text: string): string {
  return btoa(Array.from(utf8.encode(text), (byte) => String.fromCharCode(byte)).join(''));
}

/**
 * Whether a header value stands for a text. The Base64 form is compared encoded, so that a spelling
 * which readers decode in different ways, or not at all, stands for nothing.
 */
function mirrors(value: string, text: string): boolean {
  if (sentinel.test(value)) return value === `=?base64?${base64(text)}?=`;
  return value === text && visible.test(value);
}

/** Beyond, different integers are one and the same double. */
function isCertain(number: number): boolean {
  return Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number);
}

function mirrorsNumber(value: string, text: string): boolean {
  const number = Number(value);
  return decimal.test(value) && number === Number(text) && isCertain(number);
}

/** Whether a header says something else than the argument; `null`, lists and objects have none. */
function contradicts(value: string, argument: Json): boolean {
  if (argument.type === 'string') return !mirrors(value, argument.value);
  if (argument.type === 'number') return !mirrorsNumber(value, argument.text);
  return argument.type === 'literal' && argument.text !== 'null' && value !== argument.text;
}

/** Whether there is a header value that stands for the argument. */
function hasHeaderForm(argument: Json): boolean {
  if (argument.type === 'number') return isCertain(Number(argument.text));
  return argument.type === 'string' || (argument.type === 'literal' && argument.text !== 'null');
}

/** What `Mcp-Name` has to say; only the extension for tasks asks for it where a task is named. */
function namedBy({ method, targets, task }: Operation): string | null {
  if (method === null) return null;
  if (named.has(method)) return targets[0]?.name ?? null;
  return method.startsWith('tasks/') ? task : null;
}

function checkMeta({ params, id, revision }: Message): void {
  const meta = params.get('_meta');
  if (revision === null) throw badParams('_meta lacks the protocol version', id);
  if (meta?.type !== 'object' || meta.members.get(capabilitiesKey)?.type !== 'object')
    throw badParams('_meta lacks the capabilities of the client', id);
}

/**
 * Checks the header that a tool declares for one of its arguments.
 *
 * @param name what follows `Mcp-Param-`.
 * @param argument `null` where the call has none. Lists, objects and integers that a double does not
 *   hold need no header, since none stands for them.
 * @param id JSON text of the request's id.
 * @throws DoormanError `header_mismatch` (-32020) for a header that is missing or differs.
 */
export function checkDeclaredHeader(
  headers: Headers,
  name: string,
  argument: Json,
  id: string | null,
): void {
  const header = `Mcp-Param-${name}`;
  const value = headers.get(header);
  if (value === null ? hasHeaderForm(argument) : contradicts(value, argument))
    throw mismatch(header, id);
}

function checkParams(headers: Headers, { params, id }: Message): void {
  const args = params.get('arguments');
  if (args?.type !== 'object') return;
  if (args.members.size > mostOfRecord) {
    // Who has so many arguments mirrors none: they are not kept, so none could be compared.
    for (const name of headers.keys())
      if (name.startsWith('mcp-param-')) throw mismatch('Mcp-Param-*', id);
    return;
  }
  for (const [name, argument] of args.members) {
    const value = token.test(name) ? headers.get(`Mcp-Param-${name}`) : null;
    if (value !== null && contradicts(value, argument)) throw mismatch('Mcp-Param-*', id);
  }
}

/**
 * Checks that the headers of a request say what its message says, so that nobody who acts on them
 * sees another operation than the one that is judged, which is always the message's. What a client
 * mirrors has to be right in every revision; 2026-07-28 requires it, and its `_meta`, of requests.
 *
 * An `Mcp-Param-*` header is compared where it is named like an argument at the top of the call;
 * beside more than 100 of them there may be none.
 * Not checked, because only the tool's own schema tells: headers that stand for arguments of
 * another name or further down, and headers that are missing; those of no argument pass. See
 * {@link checkDeclaredHeader}.
 *
 * @param message `null` for GET and DELETE, which have but the version to check.
 * @throws DoormanError `header_mismatch` (-32020) for a header that is missing or differs, two field
 *   lines included; `version_unsupported` (-32022) for a revision with other rules than known here;
 *   `message_invalid` (-32602) for a request of 2026-07-28 whose `_meta` lacks a required member.
 */
export function checkHeaders(headers: Headers, message: Message | null): void {
  const version = headers.get('MCP-Protocol-Version');
  const id = message?.id ?? null;
  // Whoever names a revision in the message does so in the header: none can pass for an older one.
  if (message !== null && message.revision !== null && message.revision !== version)
    throw mismatch('MCP-Protocol-Version', id);
  if (version !== null && !revisions.includes(version)) throw unsupported(version, id);
  if (message === null) return;
  const { operation } = message;
  const modern = isModern(version);
  const required = modern && message.kind === 'request';
  if (required) checkMeta(message);

  const mirroredMethod = headers.get('Mcp-Method');
  if (mirroredMethod === null ? required : mirroredMethod !== operation.method)
    throw mismatch('Mcp-Method', id);

  const name = namedBy(operation);
  const mirroredName = name === null ? null : headers.get('Mcp-Name');
  const nameRequired = required && operation.targets.length > 0;
  if (name !== null && (mirroredName === null ? nameRequired : !mirrors(mirroredName, name)))
    throw mismatch('Mcp-Name', id);
  if (modern && operation.method === 'tools/call') checkParams(headers, message);
}
