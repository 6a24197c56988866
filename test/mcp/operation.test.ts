import { describe, expect, it, test } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import { expectRefusal, read, request } from './reading.ts';

const targets = (method: string, params: string) => read(request(method, params)).operation.targets;
const notification = (method: string, params: string) =>
  `{"jsonrpc":"2.0","method":"${method}","params":${params}}`;

describe('targets', () => {
  test.each([
    ['tools/call', '{"name":"t"}', [{ type: 'tool', name: 't' }]],
    ['prompts/get', '{"name":"p"}', [{ type: 'prompt', name: 'p' }]],
    ['resources/read', '{"uri":"file:///a"}', [{ type: 'resource', name: 'file:///a' }]],
    ['resources/subscribe', '{"uri":"file:///a"}', [{ type: 'resource', name: 'file:///a' }]],
    ['resources/unsubscribe', '{"uri":"file:///a"}', [{ type: 'resource', name: 'file:///a' }]],
    [
      'completion/complete',
      '{"ref":{"type":"ref/prompt","name":"p","uri":"file:///a"},"argument":{"name":"a","value":""}}',
      [{ type: 'prompt', name: 'p' }],
    ],
    [
      'completion/complete',
      '{"argument":{},"ref":{"uri":"file:///{path}","name":"p","type":"ref/resource"}}',
      [{ type: 'resource', name: 'file:///{path}' }],
    ],
    [
      'subscriptions/listen',
      '{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a:1","a:2"]}}',
      [
        { type: 'resource', name: 'a:1' },
        { type: 'resource', name: 'a:2' },
      ],
    ],
    ['subscriptions/listen', '{"notifications":{"resourceSubscriptions":[]}}', []],
    ['subscriptions/listen', '{"notifications":{"toolsListChanged":true}}', []],
    ['subscriptions/listen', '{}', []],
    [
      'subscriptions/listen',
      '{"notifications":{"taskIds":["t"],"resourceSubscriptions":["a:1"]}}',
      [{ type: 'resource', name: 'a:1' }],
    ],
    ['tools/list', '{"name":"t","uri":"u"}', []],
    ['tasks/get', '{"taskId":"t","name":"t"}', []],
    ['foo/bar', '{"name":"t"}', []],
  ])('of %s with %s', (method, params, expected) => {
    expect(targets(method, params)).toEqual(expected);
    // A server that runs notifications must find the same rule in its way.
    const lax = read(notification(method, params));
    expect(lax.operation).toEqual({
      ...read(request(method, params)).operation,
      kind: 'notification',
    });
  });

  it('are found when params come first', () => {
    const text = '{"params":{"name":"t"},"method":"tools/call","id":1,"jsonrpc":"2.0"}';
    expect(read(text).operation.targets).toEqual([{ type: 'tool', name: 't' }]);
  });

  test.each([
    ['an escape', '"secre\\u0074"', 'secret'],
    ['an escaped slash', '"a\\/b"', 'a/b'],
    ['upper case', '"SECRET"', 'SECRET'],
    ['a trailing space', '"secret "', 'secret '],
    ['a leading space', '" secret"', ' secret'],
    ['a decomposed letter', '"e\\u0301"', 'e\u0301'],
    ['a composed letter', '"\\u00e9"', '\u00e9'],
    ['fullwidth letters', '"ｓecret"', 'ｓecret'],
    ['a homoglyph', '"s\\u0435cret"', 's\u0435cret'],
    ['a zero-width space', '"secret\\u200b"', 'secret\u200b'],
    ['a right-to-left mark', '"\\u200fsecret"', '\u200fsecret'],
    ['a pair', '"\\ud83d\\ude00"', '😀'],
    ['8,192 characters', `"${'n'.repeat(8_192)}"`, 'n'.repeat(8_192)],
  ])('are the decoded value and nothing else: %s', (_name, written, name) => {
    expect(targets('tools/call', `{"name":${written}}`)).toEqual([{ type: 'tool', name }]);
  });

  const badValues = [
    '""',
    'null',
    '0',
    '1',
    'false',
    'true',
    '[]',
    '["safe"]',
    '{}',
    '{"name":"a"}',
    '"secret\\u0000x"',
    '"se\\ncret"',
    '"secret\\u007f"',
  ];
  const tooLong = [`"${'n'.repeat(8_193)}"`, `"${'n'.repeat(1_000_000)}"`];
  const named = [
    ['tools/call', (value: string) => `{"name":${value}}`],
    ['prompts/get', (value: string) => `{"name":${value}}`],
    ['resources/read', (value: string) => `{"uri":${value}}`],
    ['resources/subscribe', (value: string) => `{"uri":${value}}`],
    ['resources/unsubscribe', (value: string) => `{"uri":${value}}`],
    ['completion/complete', (value: string) => `{"ref":{"type":"ref/prompt","name":${value}}}`],
    ['completion/complete', (value: string) => `{"ref":{"type":"ref/resource","uri":${value}}}`],
    [
      'subscriptions/listen',
      (value: string) => `{"notifications":{"resourceSubscriptions":["a:1",${value}]}}`,
    ],
  ] as const;

  test.each(['resources/subscribe', 'resources/unsubscribe'])(
    'may be missing from %s where the revision has no such method, and only there',
    (method) => {
      const bare = request(method, '{}');
      expect(read(bare, '2026-07-28').operation).toMatchObject({ known: false, targets: [] });
      for (const revision of ['2025-11-25', null])
        expect(() => read(bare, revision)).toThrow(DoormanError);
      const naming = read(request(method, '{"uri":"a:b"}'), '2026-07-28').operation;
      expect(naming.targets).toEqual([{ type: 'resource', name: 'a:b' }]);
      // A lax server might take it for the URI.
      expect(() => read(request(method, '{"URI":"a:b"}'), '2026-07-28')).toThrow(DoormanError);
    },
  );

  it('may be a thousand in one subscription, and no more', () => {
    const listen = (count: number) =>
      `{"notifications":{"resourceSubscriptions":[${Array(count).fill('"a:b"').join()}]}}`;
    expect(targets('subscriptions/listen', listen(1_000))).toHaveLength(1_000);
    expectRefusal(request('subscriptions/listen', listen(1_001)), -32602, '1');
  });

  test.each(
    named.flatMap(([method, params]) =>
      [...badValues, ...tooLong].map((value) => [method, params(value)] as const),
    ),
  )('are refused by %s with %.70s', (method, params) => {
    expectRefusal(request(method, params), -32602, '1');
    expectRefusal(notification(method, params), -32602);
  });

  test.each([
    ['tools/call', '{}'],
    ['tools/call', '{"uri":"safe"}'],
    ['prompts/get', '{}'],
    ['resources/read', '{"name":"safe"}'],
    ['completion/complete', '{}'],
    ['completion/complete', '{"ref":null}'],
    ['completion/complete', '{"ref":"ref/prompt"}'],
    ['completion/complete', '{"ref":[]}'],
    ['completion/complete', '{"ref":{}}'],
    ['completion/complete', '{"ref":{"name":"p"}}'],
    ['completion/complete', '{"ref":{"type":"ref/tool","name":"p"}}'],
    ['completion/complete', '{"ref":{"type":"Ref/Prompt","name":"p"}}'],
    ['completion/complete', '{"ref":{"type":["ref/prompt"],"name":"p"}}'],
    ['completion/complete', '{"ref":{"type":"","name":"p"}}'],
    ['completion/complete', '{"ref":{"type":"ref/prompt","uri":"file:///a"}}'],
    ['completion/complete', '{"ref":{"type":"ref/resource","name":"p"}}'],
    ['subscriptions/listen', '{"notifications":null}'],
    ['subscriptions/listen', '{"notifications":[]}'],
    ['subscriptions/listen', '{"notifications":false}'],
    ['subscriptions/listen', '{"notifications":{"resourceSubscriptions":null}}'],
    ['subscriptions/listen', '{"notifications":{"resourceSubscriptions":"file:///a"}}'],
    ['subscriptions/listen', '{"notifications":{"resourceSubscriptions":{"0":"file:///a"}}}'],
    ['subscriptions/listen', '{"notifications":{"resourceSubscriptions":0}}'],
    ['subscriptions/listen', '{"notifications":{"resourceSubscriptions":[["file:///a"]]}}'],
  ])('are refused by %s with %s', (method, params) => {
    expectRefusal(request(method, params), -32602, '1');
  });

  test.each(['tools/call', 'prompts/get', 'resources/read', 'completion/complete'])(
    'are refused by %s without params',
    (method) => {
      expectRefusal(`{"jsonrpc":"2.0","id":"x","method":"${method}"}`, -32602, '"x"');
    },
  );
});

describe('the task', () => {
  const task = (method: string, params: string) => read(request(method, params)).operation.task;
  const related = (id: string) =>
    `"_meta":{"io.modelcontextprotocol/related-task":{"taskId":${id}}}`;
  const taskMethods = ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update'];
  const ids = ['""', 'null', '1', 'true', '[]', '["a"]', '{}', '"a\\u0000b"', '"a\\nb"'];

  test.each<[string, string, string | null]>([
    ...taskMethods.map((method): [string, string, string] => [method, '{"taskId":"a/1"}', 'a/1']),
    ['tasks/list', '{}', null],
    ['tasks/extra', '{"taskId":"a"}', 'a'],
    ['tasks/extra', '{}', null],
    ['subscriptions/listen', '{"notifications":{"taskIds":["a"]}}', 'a'],
    ['subscriptions/listen', '{"notifications":{"taskIds":[]}}', null],
    ['subscriptions/listen', '{"notifications":{}}', null],
    ['tools/call', `{"name":"t",${related('"a"')}}`, 'a'],
    ['ping', `{${related('"a"')}}`, 'a'],
    ['tasks/get', `{"taskId":"a",${related('"a"')}}`, 'a'],
    ['tools/call', '{"name":"t","taskId":"a","task":{"ttl":1},"arguments":{"taskId":"a"}}', null],
  ])('of %s with %s is %j', (method, params, expected) => {
    expect(task(method, params)).toBe(expected);
  });

  it('is read where a notification acts on it, and not where it is the client who runs it', () => {
    expect(read(notification('tasks/cancel', '{"taskId":"a"}')).operation.task).toBe('a');
    const status = notification('notifications/tasks/status', '{"taskId":"mine"}');
    expect(read(status).operation.task).toBeNull();
    const progress = notification('notifications/progress', `{${related('"mine"')}}`);
    expect(read(progress).operation.task).toBeNull();
  });

  test.each<[string, string]>([
    ...taskMethods.map((method): [string, string] => [method, '{}']),
    ...ids.flatMap((id): [string, string][] => [
      ['tasks/get', `{"taskId":${id}}`],
      ['tasks/extra', `{"taskId":${id}}`],
      ['ping', `{${related(id)}}`],
      ['subscriptions/listen', `{"notifications":{"taskIds":[${id}]}}`],
    ]),
    ['ping', '{"_meta":{"io.modelcontextprotocol/related-task":"a"}}'],
    ['ping', '{"_meta":{"io.modelcontextprotocol/related-task":{}}}'],
    ['subscriptions/listen', '{"notifications":{"taskIds":"a"}}'],
    ['subscriptions/listen', '{"notifications":{"taskIds":["a","b"]}}'],
    ['tasks/get', `{"taskId":"a",${related('"b"')}}`],
    ['subscriptions/listen', `{"notifications":{"taskIds":["a"]},${related('"b"')}}`],
  ])('is not guessed from %s with %s', (method, params) => {
    expectRefusal(request(method, params), -32602, '1');
  });
});

describe('methods', () => {
  it('says whether a revision defines the method', () => {
    expect(read(request('tools/list', '{}')).operation.known).toBe(true);
    expect(read(request('tools/List', '{}')).operation.known).toBe(false);
  });

  it('goes by the revision of the message, else of the header, else by the oldest', () => {
    const get = request('tasks/get', '{"taskId":"t"}');
    expect(read(get).operation.known).toBe(false);
    expect(read(get, '2025-11-25').operation.known).toBe(true);
    const meta = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}';
    const result = request('tasks/result', `{"taskId":"t",${meta}}`);
    expect(read(result, '2025-11-25').operation.known).toBe(false);
  });

  it('reads an escaped method as the method that it is', () => {
    const escaped =
      '{"jsonrpc":"2.0","id":1,"m\\u0065thod":"tools\\u002fcall","params":{"name":"t"}}';
    const message = read(escaped);
    expect(message.operation.method).toBe('tools/call');
    expect(message.operation.targets).toEqual([{ type: 'tool', name: 't' }]);
    expect(message.canonical).toBe(request('tools/call', '{"name":"t"}'));
  });
});
