import { unnamedRevision } from './revision.ts';

/** The first and the last revision that has a method; `null` where it is there to this day. */
type Life = readonly [first: string, last: string | null];

const always: Life = ['2024-11-05', null];
/** With the handshake and the session that 2026-07-28 did away with. */
const untilModern: Life = ['2024-11-05', '2025-11-25'];
const tasksOfCore: Life = ['2025-11-25', '2025-11-25'];
/** In 2025-11-25 a part of MCP, since 2026-07-28 of its extension `io.modelcontextprotocol/tasks`. */
const tasks: Life = ['2025-11-25', null];
const sinceModern: Life = ['2026-07-28', null];

/** Every request and notification that MCP lets a client send. */
const methods: ReadonlyMap<string, Life> = new Map([
  ['completion/complete', always],
  ['prompts/get', always],
  ['prompts/list', always],
  ['resources/list', always],
  ['resources/read', always],
  ['resources/templates/list', always],
  ['tools/call', always],
  ['tools/list', always],
  ['notifications/cancelled', always],
  ['initialize', untilModern],
  ['logging/setLevel', untilModern],
  ['ping', untilModern],
  ['resources/subscribe', untilModern],
  ['resources/unsubscribe', untilModern],
  ['notifications/initialized', untilModern],
  ['notifications/progress', untilModern],
  ['notifications/roots/list_changed', untilModern],
  ['tasks/list', tasksOfCore],
  ['tasks/result', tasksOfCore],
  ['notifications/tasks/status', tasksOfCore],
  ['tasks/cancel', tasks],
  ['tasks/get', tasks],
  ['tasks/update', sinceModern],
  ['server/discover', sinceModern],
  ['subscriptions/listen', sinceModern],
]);

/**
 * Whether a revision lets a client send this method. Names are compared exactly: another letter
 * case is another method.
 *
 * @param revision one of {@link revisions}; `null` where the client names none.
 */
export function isKnownMethod(method: string, revision: string | null): boolean {
  const life = methods.get(method);
  if (life === undefined) return false;
  const [first, last] = life;
  const spoken = revision ?? unnamedRevision;
  return spoken >= first && (last === null || spoken <= last);
}
