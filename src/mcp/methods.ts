/**
 * Every request and notification that a client may send in MCP 2025-03-26, 2025-06-18, 2025-11-25
 * or 2026-07-28.
 *
 * `tasks/*` requests of 2025-11-25 are missing on purpose: a task id is not bound to the principal
 * that made the task, so any caller who learns one could read or cancel another's task. Until ids
 * are bound, these methods pass only where the policy names them.
 */
const methods: ReadonlySet<string> = new Set([
  'completion/complete',
  'initialize',
  'logging/setLevel',
  'ping',
  'prompts/get',
  'prompts/list',
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'resources/templates/list',
  'resources/unsubscribe',
  'server/discover',
  'subscriptions/listen',
  'tools/call',
  'tools/list',
  'notifications/cancelled',
  'notifications/initialized',
  'notifications/progress',
  'notifications/roots/list_changed',
  'notifications/tasks/status',
]);

/**
 * Whether some MCP revision lets a client send this method. Names are compared exactly: another
 * letter case is another method.
 */
export function isKnownMethod(method: string): boolean {
  return methods.has(method);
}
