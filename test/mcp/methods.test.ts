import { ClientNotificationSchema, ClientRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, test } from 'vitest';
import { isKnownMethod } from '../../src/mcp/methods.ts';
import { revisions } from '../../src/mcp/revision.ts';

const knowing = (method: string) => revisions.filter((revision) => isKnownMethod(method, revision));
const oldest = ['2025-06-18', '2025-03-26', '2024-11-05'];

describe('isKnownMethod', () => {
  it('knows all that a client of the official SDK may send in 2025-11-25', () => {
    const sent = [...ClientRequestSchema.options, ...ClientNotificationSchema.options].map(
      (schema) => schema.shape.method.value,
    );
    expect(sent).toContain('tasks/result');
    expect(sent.filter((method) => !isKnownMethod(method, '2025-11-25'))).toEqual([]);
  });

  test.each([
    ['tools/call', ['2026-07-28', '2025-11-25', ...oldest]],
    ['resources/read', ['2026-07-28', '2025-11-25', ...oldest]],
    ['notifications/cancelled', ['2026-07-28', '2025-11-25', ...oldest]],
    ['initialize', ['2025-11-25', ...oldest]],
    ['ping', ['2025-11-25', ...oldest]],
    ['logging/setLevel', ['2025-11-25', ...oldest]],
    ['resources/subscribe', ['2025-11-25', ...oldest]],
    ['notifications/initialized', ['2025-11-25', ...oldest]],
    ['tasks/list', ['2025-11-25']],
    ['tasks/result', ['2025-11-25']],
    ['tasks/get', ['2026-07-28', '2025-11-25']],
    ['tasks/cancel', ['2026-07-28', '2025-11-25']],
    ['tasks/update', ['2026-07-28']],
    ['server/discover', ['2026-07-28']],
    ['subscriptions/listen', ['2026-07-28']],
  ])('knows %s of the revisions %j', (method, expected) => {
    expect(knowing(method)).toEqual(expected);
  });

  it('takes a client that names no revision for one of 2025-03-26', () => {
    expect(isKnownMethod('initialize', null)).toBe(true);
    expect(isKnownMethod('tasks/get', null)).toBe(false);
    expect(isKnownMethod('server/discover', null)).toBe(false);
  });

  test.each([
    'foo/bar',
    'tools/Call',
    'TOOLS/CALL',
    'tools/call/',
    ' tools/call',
    'tools/call\0',
    'tools',
    'rpc.discover',
    'sampling/createMessage',
    'elicitation/create',
    'roots/list',
    'notifications/message',
    'notifications/tools/list_changed',
    'notifications/x',
    'tasks/delete',
    'constructor',
    '__proto__',
    '',
  ])('does not know %j', (method) => {
    expect(knowing(method)).toEqual([]);
  });
});
