import { ClientNotificationSchema, ClientRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, test } from 'vitest';
import { isKnownMethod } from '../../src/mcp/methods.ts';

describe('isKnownMethod', () => {
  it('knows all that a client of the official SDK may send, but requests on tasks', () => {
    const sent = [...ClientRequestSchema.options, ...ClientNotificationSchema.options].map(
      (schema) => schema.shape.method.value,
    );
    expect(sent).toContain('tools/call');
    expect(sent.filter((method) => !isKnownMethod(method))).toEqual([
      'tasks/get',
      'tasks/result',
      'tasks/list',
      'tasks/cancel',
    ]);
  });

  test.each(['server/discover', 'subscriptions/listen'])('knows %s of 2026-07-28', (method) => {
    expect(isKnownMethod(method)).toBe(true);
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
    'tasks/update',
    'constructor',
    '__proto__',
    '',
  ])('does not know %j', (method) => {
    expect(isKnownMethod(method)).toBe(false);
  });
});
