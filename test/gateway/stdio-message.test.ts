import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metaOf, readMessages } from '../../src/gateway/stdio-message.ts';

const read = (line: string) => readMessages(new TextEncoder().encode(line));

describe('readMessages', () => {
  it.each([
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":"a","error":{"code":1,"message":"m"}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    '{"jsonrpc":"2.0","method":"notifications/message","params":{}}\r',
  ])('reads %s', (line) => {
    expect(read(line)).toEqual([JSON.parse(line)]);
  });

  it.each([
    '{"jsonrpc":"1.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"2.0","result":{}}',
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
    '{"jsonrpc":"2.0","id":1,"result":null}',
    '{"jsonrpc":"2.0","id":1,"result":[]}',
    '{"jsonrpc":"2.0","id":1,"error":"no"}',
    '{"jsonrpc":"2.0","id":{},"method":"ping"}',
    '{"jsonrpc":"2.0","method":7}',
    '{"jsonrpc":"2.0","method":"a","params":[1]}',
    '[{"jsonrpc":"2.0","method":"a"},7]',
    'null',
    '',
  ])('reads nothing in %j', (line) => {
    expect(read(line) ?? []).toEqual([]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        readMessages(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        read(json);
      }),
    );
  });
});

describe('metaOf', () => {
  it.each([undefined, null, 'text', 7, []])('takes %j for no meta', (_meta) => {
    expect(metaOf({ _meta })).toEqual({});
  });
});
