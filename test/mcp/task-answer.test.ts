import { describe, expect, it } from 'vitest';
import { readTaskAnswer } from '../../src/mcp/task-answer.ts';

const message = (result: string): string => `{"jsonrpc":"2.0","id":1,"result":${result}}`;

describe('a task that a call has created', () => {
  it.each([
    ['in 2025-11-25', '{"task":{"taskId":"t-1","status":"working","ttl":null}}'],
    ['in the extension', '{"resultType":"task","taskId":"t-1","status":"working"}'],
    ['with an escape in its id', '{"task":{"taskId":"t\\u002d1"}}'],
    ['with an escape in the key', '{"task":{"task\\u0049d":"t-1"}}'],
  ])('is found %s', (_, result) => {
    expect(readTaskAnswer(message(result))).toEqual({ kind: 'created', id: 't-1' });
  });

  it.each([
    ['the state of a task', message('{"resultType":"complete","taskId":"t-1","status":"working"}')],
    ['a task without an id', message('{"task":{"taskId":7}}')],
    ['a result of a tool about some task', message('{"content":[{"taskId":"t-1"}]}')],
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"taskId"}}'],
    [
      'a notification',
      '{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"t-1"}}',
    ],
    ['anything else', message('{"content":[]}')],
  ])('is not %s', (_, text) => {
    expect(readTaskAnswer(text)).toBeNull();
  });
});

describe('a list of tasks', () => {
  it('is found with the place of each task', () => {
    const text = message(
      '{"next":"c", "tasks" : [ {"taskId":"a","x":1e400}, {"taskId":2}, null ,{"taskId":"b"}]}',
    );
    const answer = readTaskAnswer(text);
    if (answer?.kind !== 'listed') throw new Error('no list');
    const { list, tasks } = answer;
    expect(text.slice(list.start, list.end)).toMatch(/^\[ .*\]$/);
    expect(tasks.map(({ id, start, end }) => [id, text.slice(start, end)])).toEqual([
      ['a', '{"taskId":"a","x":1e400}'],
      [null, '{"taskId":2}'],
      [null, 'null'],
      ['b', '{"taskId":"b"}'],
    ]);
  });

  it.each([
    ['a second list', '{"tasks":[{"taskId":"a"}],"tasks":[{"taskId":"b"}]}'],
    ['no array', '{"tasks":{"taskId":"a"}}'],
    ['no JSON at all', '{"tasks":[{"taskId":"a"}'],
  ])('cannot be read with %s', (_, result) => {
    expect(readTaskAnswer(message(result))).toEqual({ kind: 'unreadable' });
  });

  it('cannot be read in a batch, which is let alone without one', () => {
    expect(readTaskAnswer(`[${message('{"tasks":[{"taskId":"a"}]}')}]`)).toEqual({
      kind: 'unreadable',
    });
    expect(readTaskAnswer(`[7,${message('{"content":[{"taskId":"a"}]}')}]`)).toBeNull();
  });

  it('cannot be read in a message with two results', () => {
    const text = '{"result":{"tasks":[{"taskId":"a"}]},"result":{"tasks":[{"taskId":"b"}]}}';
    expect(readTaskAnswer(text)).toEqual({ kind: 'unreadable' });
  });
});
