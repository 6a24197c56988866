import { describe, expect, it, test } from 'vitest';
import { expectRefusal, read, request } from './reading.ts';

const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const version = 'io.modelcontextprotocol/protocolVersion';

describe('one message', () => {
  test.each([
    '[]',
    '[[]]',
    `[${ping}]`,
    `[${ping},{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"secret"}}]`,
    ` [ ${ping} ] `,
    `[[${ping}]]`,
    `[{"jsonrpc":"2.0","method":"notifications/initialized"}]`,
    'null',
    'true',
    'false',
    '0',
    '1',
    '""',
    '"ping"',
    '{}',
  ])('is asked for: refuses %s', (body) => {
    expectRefusal(body, -32600);
  });

  it('is not looked for in a batch that is no JSON', () => {
    expectRefusal(`[${ping},`, -32700);
  });
});

describe('jsonrpc', () => {
  test.each([
    '"1.0"',
    '"2"',
    '"2.00"',
    '" 2.0"',
    '2',
    '2.0',
    'null',
    '""',
    'true',
    '["2.0"]',
    '{}',
  ])('refuses %s', (value) => {
    expectRefusal(`{"jsonrpc":${value},"id":7,"method":"ping"}`, -32600, '7');
  });

  it('refuses a message without it', () => {
    expectRefusal('{"id":"a","method":"ping"}', -32600, '"a"');
  });
});

describe('id', () => {
  test.each([
    '0',
    '-0',
    '-1',
    '1.0',
    '1.5',
    '1e3',
    '1E+3',
    '1e400',
    '-1e400',
    '9007199254740993',
    '123456789012345678901234567890',
    '0.1000000000000000055511151231257827',
    '"a"',
    '""',
    '"1"',
    '"é😀"',
    '"a\\"b\\\\c\\n\\u0000"',
    '"__proto__"',
  ])('is kept as written: %s', (id) => {
    const text = `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;
    expect(read(text)).toMatchObject({ kind: 'request', id, canonical: text });
    expectRefusal(`{"jsonrpc":"2.0","id":${id},"method":"tools/call"}`, -32602, id);
    expectRefusal(`{"jsonrpc":"2.0","id":${id},"method":""}`, -32600, id);
  });

  it('has one spelling, that of the canonical message', () => {
    const message = read('{"jsonrpc":"2.0","id":"\\u0061\\/","method":"ping"}');
    expect(message.id).toBe('"a/"');
    expect(message.canonical).toContain('"id":"a/"');
  });

  test.each(['null', 'true', 'false', '[]', '[1]', '{}', '{"id":1}'])('refuses %s', (id) => {
    expectRefusal(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`, -32600);
    expectRefusal(`{"jsonrpc":"2.0","id":${id},"result":{}}`, -32600);
  });

  it('is missing in a notification', () => {
    const text = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
    expect(read(text)).toEqual({
      kind: 'notification',
      id: null,
      revision: null,
      operation: {
        kind: 'notification',
        method: 'notifications/initialized',
        known: true,
        targets: [],
        task: null,
      },
      params: new Map(),
      canonical: text,
    });
  });
});

describe('method', () => {
  test.each(['""', 'null', '0', 'false', 'true', '1', '[]', '["ping"]', '{}', '{"name":"ping"}'])(
    'refuses %s',
    (method) => {
      expectRefusal(`{"jsonrpc":"2.0","id":1,"method":${method}}`, -32600, '1');
      expectRefusal(`{"jsonrpc":"2.0","method":${method}}`, -32600);
    },
  );

  it('is missing in neither request nor response', () => {
    expectRefusal('{"jsonrpc":"2.0","id":1}', -32600, '1');
    expectRefusal('{"jsonrpc":"2.0","id":1,"params":{}}', -32600, '1');
  });

  it('has 8,192 characters at most', () => {
    const longest = 'm'.repeat(8_192);
    expect(read(request(longest, '{}')).operation.method).toBe(longest);
    expectRefusal(request(`${longest}m`, '{}'), -32600, '1');
  });

  test.each(['foo/bar', 'tools/Call', 'TOOLS/CALL', 'tools/call/', 'rpc.discover', 'tools/call\0'])(
    'is unknown, and given as it is: %j',
    (method) => {
      const { operation } = read(request(method, '{"name":"secret"}'));
      expect(operation).toEqual({
        kind: 'request',
        method,
        known: false,
        targets: [],
        task: null,
      });
    },
  );
});

describe('params', () => {
  test.each(['[]', '["a"]', '"a"', '""', 'null', '0', 'false', 'true', '1'])(
    'refuses %s',
    (params) => {
      for (const method of ['ping', 'tools/call', 'foo/bar'])
        expectRefusal(request(method, params), -32600, '1');
    },
  );

  it('may be missing or empty', () => {
    expect(read(ping).operation.method).toBe('ping');
    expect(read(request('ping', '{}')).operation.method).toBe('ping');
  });
});

describe('responses', () => {
  const operation = { kind: 'response', method: null, known: true, targets: [], task: null };

  test.each([
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":"a","result":{"roots":[{"uri":"file:///"}]}}',
    '{"jsonrpc":"2.0","id":1.0,"error":{"code":-1,"message":"no"}}',
    '{"jsonrpc":"2.0","id":0,"result":null}',
  ])('are read: %s', (text) => {
    expect(read(text)).toMatchObject({
      kind: 'response',
      revision: null,
      operation,
      canonical: text,
    });
  });

  test.each([
    ['a method and a result', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', '1'],
    ['a method and an error', '{"jsonrpc":"2.0","id":1,"error":{},"method":"tools/call"}', '1'],
    ['a method and a null result', '{"jsonrpc":"2.0","id":1,"method":"ping","result":null}', '1'],
    ['an empty method and a result', '{"jsonrpc":"2.0","id":1,"method":"","result":{}}', '1'],
    ['a null method and a result', '{"jsonrpc":"2.0","id":1,"method":null,"result":{}}', '1'],
    ['a method and a false error', '{"jsonrpc":"2.0","id":1,"method":"ping","error":false}', '1'],
    ['a result and an error', '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', '1'],
    ['a result and a null error', '{"jsonrpc":"2.0","id":1,"result":{},"error":null}', '1'],
    ['params', '{"jsonrpc":"2.0","id":1,"result":{},"params":{"name":"secret"}}', '1'],
    ['no id', '{"jsonrpc":"2.0","result":{}}', null],
    ['a null id', '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}', null],
    ['another version', '{"jsonrpc":"1.0","id":1,"result":{}}', '1'],
  ])('are refused with %s', (_name, body, id) => {
    expectRefusal(body, -32600, id);
  });
});

describe('revision', () => {
  it('is what _meta names', () => {
    const text = request('tools/list', `{"_meta":{"progressToken":1,"${version}":"2026-07-28"}}`);
    expect(read(text).revision).toBe('2026-07-28');
    const notification = text.replace('"id":1,', '');
    expect(read(notification)).toMatchObject({ kind: 'notification', revision: '2026-07-28' });
  });

  test.each(['{}', '{"_meta":{}}', `{"${version}":"2026-07-28"}`, '{"protocolVersion":"x"}'])(
    'is null with %s',
    (params) => {
      expect(read(request('tools/list', params)).revision).toBeNull();
    },
  );

  test.each([
    ...['""', 'null', '0', 'false', '20260728', '[]', '{}'].map(
      (value) => `{"_meta":{"${version}":${value}}}`,
    ),
    ...['null', '[]', '"a"', '0', 'false'].map((meta) => `{"_meta":${meta}}`),
  ])('is not guessed from %s', (params) => {
    expectRefusal(request('tools/list', params), -32602, '1');
  });
});

describe('refusals', () => {
  it('tell the operator why, in words that hold nothing of the message', () => {
    const error = expectRefusal(request('tools/call', '{"name":"hush","Name":"hush"}'), -32600);
    expect(error.detail).toEqual({ reason: 'a key is a variant of a protocol key' });
    expect(`${error.message} ${error.cause ?? ''}`).not.toContain('hush');
  });
});
