/**
 * What the scan keeps of a value: itself, a list's items too, the first members of a record
 * whatever their keys, or those members of an object that its level names.
 */
export type Watch = 'value' | 'list' | 'record' | Level;

/** An object in which MCP or JSON-RPC gives keys a meaning that the guard relies on. */
export interface Level {
  /** The keys of this object; `null` for those whose values mean nothing to the guard. */
  readonly keys: ReadonlyMap<string, Watch | null>;
  /** The same keys as a careless reader sees them. */
  readonly folded: ReadonlySet<string>;
}

const ascii = /^[!-~]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const control = /[\u0000-\u001f\u007f]/;
/** Longer than any protocol key in any disguise; folding costs the square of the length. */
const longestFoldable = 256;
const invisible = /[\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * The key as the most careless reader would compare it: compatibility forms, letter case, control,
 * format and space characters and stray marks do not count. Upper case comes first because it joins
 * U+017F and U+0131 with their plain letters.
 */
function fold(key: string): string {
  if (ascii.test(key)) return key.toLowerCase();
  return key.normalize('NFKC').toUpperCase().toLowerCase().replace(invisible, '');
}

function level(keys: Readonly<Record<string, Watch | null>>): Level {
  const names = Object.keys(keys);
  return { keys: new Map(Object.entries(keys)), folded: new Set(names.map(fold)) };
}

/**
 * Whether a key that is not one of the level's own could be read as one of them. Control characters
 * alone are enough, because some readers end a key at the first.
 *
 * @param key a decoded key that `level.keys` does not have.
 */
export function isVariantKey(level: Level, key: string): boolean {
  if (control.test(key)) return true;
  if (key.length > longestFoldable) return !ascii.test(key);
  return level.folded.has(fold(key));
}

/** The member of `_meta` that names the revision in 2026-07-28. */
export const revisionKey = 'io.modelcontextprotocol/protocolVersion';

/** The member of `_meta` that every request of 2026-07-28 has besides. */
export const capabilitiesKey = 'io.modelcontextprotocol/clientCapabilities';

/** The member of `_meta` that puts a request into the context of a task (MCP 2025-11-25). */
export const relatedTaskKey = 'io.modelcontextprotocol/related-task';

const relatedTask = level({ taskId: 'value' });

// Trace context keys (`traceparent` and its like) decide nothing, so their spelling is left alone.
const meta = level({
  [revisionKey]: 'value',
  [capabilitiesKey]: 'value',
  'io.modelcontextprotocol/clientInfo': null,
  'io.modelcontextprotocol/logLevel': null,
  [relatedTaskKey]: relatedTask,
  'io.modelcontextprotocol/subscriptionId': null,
  progressToken: null,
});

const reference = level({ type: 'value', name: 'value', uri: 'value', title: null });

const subscriptionFilter = level({
  toolsListChanged: null,
  promptsListChanged: null,
  resourcesListChanged: null,
  resourceSubscriptions: 'list',
  taskIds: 'list',
});

// One level for the params of every method: `params` may come before `method`.
const params = level({
  _meta: meta,
  name: 'value',
  uri: 'value',
  ref: reference,
  notifications: subscriptionFilter,
  arguments: 'record',
  argument: null,
  context: null,
  cursor: null,
  task: null,
  taskId: 'value',
  level: null,
  protocolVersion: null,
  capabilities: null,
  clientInfo: null,
  requestId: null,
  reason: null,
  progressToken: null,
  progress: null,
  total: null,
  message: null,
  inputResponses: null,
  requestState: null,
});

/** The JSON-RPC message itself, and below it every object whose keys the guard relies on. */
export const messageLevel: Level = level({
  jsonrpc: 'value',
  id: 'value',
  method: 'value',
  params,
  result: 'value',
  error: 'value',
});

/** Members of a result that list what a server has, with what tells one item from another. */
export const listKeys = {
  tools: { type: 'tool', key: 'name' },
  prompts: { type: 'prompt', key: 'name' },
  resources: { type: 'resource', key: 'uri' },
  resourceTemplates: { type: 'resource', key: 'uriTemplate' },
} as const;

const read = (...keys: readonly string[]): Level =>
  level(Object.fromEntries(keys.map((key) => [key, 'value'])));

/** An answer, and below it every object whose keys decide what a list shows. */
export const answerLevels: Readonly<Record<'message' | 'result' | 'item' | 'hints', Level>> = {
  message: read('result'),
  result: read(...Object.keys(listKeys), 'cacheScope', 'ttlMs', 'resultType'),
  item: read('name', 'uri', 'uriTemplate', 'annotations'),
  hints: read('readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'),
};
