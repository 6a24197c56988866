import { DoormanError } from '../core/errors.ts';
import { type DeclaredHeader, declaredHeaders } from '../mcp/declared-headers.ts';
import { checkDeclaredHeader } from '../mcp/headers.ts';
import type { Json } from '../mcp/json-scanner.ts';
import { restoreNumbers } from './exact-numbers.ts';
import type { Link } from './stdio-link.ts';
import { isObject, type Members, type WireMessage } from './stdio-message.ts';
import type { ModernHandler } from './stdio-native.ts';
import { pageTimeoutMs, readToolPages, type ToolsPage } from './tool-pages.ts';

export interface DeclaredHeadersOptions {
  readonly link: Link;
  /** `_meta` of our own requests; `null` for a child of an earlier revision, which tells unasked. */
  readonly meta: Members | null;
}

function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args;
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** An argument with the text of its number, if it is one; what no header can say is `null`. */
function scalarOf(value: unknown): Json {
  if (value === undefined || typeof value === 'object') return { type: 'literal', text: 'null' };
  const text = restoreNumbers(JSON.stringify(value));
  if (typeof value === 'boolean') return { type: 'literal', text };
  return text.startsWith('"')
    ? { type: 'string', value: JSON.parse(text) }
    : { type: 'number', text };
}

/**
 * Checks, before a child is called, that arguments for which its tool declares a header stand in it:
 * the child's HTTP side is here. Its tools are asked for once, before the first call that has
 * arguments, and again when it says that they have changed. One that does not list its tools has
 * declared nothing to anybody.
 *
 * @throws DoormanError `header_mismatch` (-32020) for a header that is missing or differs;
 *   `upstream_timeout` or `upstream_unavailable` where the list does not come to an end
 */
export function checkingDeclaredHeaders(
  handler: ModernHandler,
  { link, meta }: DeclaredHeadersOptions,
): ModernHandler {
  const envelope = meta === null ? {} : { _meta: meta };
  let known: Promise<ReadonlyMap<string, readonly DeclaredHeader[]>> | null = null;
  let listening = false;

  function heed({ method }: WireMessage): void {
    if (method === 'notifications/tools/list_changed') known = null;
  }

  /** Has the child tell of changes; one that does not know how has none. */
  function listen(): void {
    if (listening) return;
    listening = true;
    link.onNotification(heed);
    if (meta === null) return;
    const params = { ...envelope, notifications: { toolsListChanged: true } };
    link.request({ method: 'subscriptions/listen', params, onNotification: heed }).catch(() => {});
  }

  async function readOne(cursor: string | null): Promise<ToolsPage<readonly DeclaredHeader[]>> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new DoormanError('upstream_timeout')), pageTimeoutMs);
    const params = { ...envelope, ...(cursor !== null && { cursor }) };
    try {
      const answer = await link.request({ method: 'tools/list', params, signal: late.signal });
      if (answer.error !== undefined) {
        known = null;
        return { tools: [], nextCursor: null };
      }
      const { tools, nextCursor } = answer.result;
      const listed = Array.isArray(tools) ? tools.filter(isObject) : [];
      return {
        tools: listed
          // There are objects that cannot be made a text without an error.
          .map(
            ({ name, inputSchema }) =>
              [JSON.stringify(name), declaredHeaders(inputSchema)] as const,
          )
          .filter(([, declared]) => declared.length > 0),
        nextCursor: typeof nextCursor === 'string' ? nextCursor : null,
      };
    } finally {
      clearTimeout(timer);
    }
  }

  function learn(): Promise<ReadonlyMap<string, readonly DeclaredHeader[]>> {
    listen();
    return readToolPages(readOne).catch((error: unknown) => {
      known = null;
      throw error;
    });
  }

  return async (message, request) => {
    const { id, method, params = {} } = message;
    const { name, arguments: args } = params;
    if (method === 'tools/call' && isObject(args) && Object.keys(args).length > 0) {
      known ??= learn();
      const declared = (await known).get(JSON.stringify(name)) ?? [];
      request.signal.throwIfAborted();
      const rpcId = restoreNumbers(JSON.stringify(id));
      for (const header of declared)
        checkDeclaredHeader(
          request.headers,
          header.name,
          scalarOf(valueAt(args, header.path)),
          rpcId,
        );
    }
    return handler(message, request);
  };
}
