import { describe, expect, it, test } from 'vitest';
import { call, expectRefusal, read, request } from './reading.ts';

const message = (key: string) =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe"},${JSON.stringify(key)}:"x"}`;
const params = (key: string) =>
  request('tools/call', `{"name":"safe",${JSON.stringify(key)}:"secret"}`);
const ref = (key: string) =>
  request(
    'completion/complete',
    `{"ref":{"type":"ref/prompt","name":"p",${JSON.stringify(key)}:"q"}}`,
  );
const meta = (key: string) => request('ping', `{"_meta":{${JSON.stringify(key)}:"2025-03-26"}}`);
const filter = (key: string) =>
  request('subscriptions/listen', `{"notifications":{${JSON.stringify(key)}:["file:///etc"]}}`);

describe('variants of protocol keys', () => {
  test.each([
    ['another case', message('Method')],
    ['upper case', message('PARAMS')],
    ['upper case', message('ID')],
    ['another case', message('jsonRpc')],
    ['another case', message('Result')],
    ['another case', message('ERROR')],
    ['a long s', message('param\u017f')],
    ['a NUL at the end', message('method\0')],
    ['a NUL in front', message('\0method')],
    ['a NUL inside', message('me\0thod')],
    ['a dotless i', message('\u0131d')],
    ['a dotted capital i', message('\u0130d')],
    ['fullwidth letters', message('\uff4d\uff45\uff54\uff48\uff4f\uff44')],
    ['a zero-width space', message('method\u200b')],
    ['a soft hyphen', message('me\u00adthod')],
    ['a byte order mark', message('\ufeffmethod')],
    ['a right-to-left mark', message('method\u200f')],
    ['a variation selector', message('method\ufe0f')],
    ['a combining grapheme joiner', message('me\u034fthod')],
    ['a Hangul filler', message('method\u3164')],
    ['a tag character', message('method\u{e0041}')],
    ['a space', message('method ')],
    ['a line feed', message('method\n')],
    ['a no-break space', message('\u00a0method')],
    ['mathematical letters', message('\u{1d426}ethod')],
    ['another case', params('Name')],
    ['another case', params('NAME')],
    ['a NUL', params('name\0')],
    ['another case', params('Uri')],
    ['a dotless i', params('ur\u0131')],
    ['a dotted capital i', params('URİ')],
    ['another case', params('Arguments')],
    ['a long s', params('argument\u017f')],
    ['another case', params('_META')],
    ['a fullwidth low line', params('\uff3fmeta')],
    ['another case', params('Ref')],
    ['a Kelvin sign', params('tas\u212a')],
    ['a ligature', params('noti\ufb01cations')],
    ['another case', params('requeststate')],
    ['another case', params('inputresponses')],
    ['another case', ref('Name')],
    ['another case', ref('TYPE')],
    ['a NUL', ref('uri\0')],
    ['another case', meta('IO.modelcontextprotocol/protocolVersion')],
    ['another case', meta('io.modelcontextprotocol/protocolversion')],
    ['a fullwidth slash', meta('io.modelcontextprotocol\uff0fprotocolVersion')],
    ['another case', meta('progresstoken')],
    ['another case', meta('ProgressTo\u212aen')],
    ['another case', filter('resourcesubscriptions')],
    ['a NUL', filter('resourceSubscriptions\0')],
    ['a NUL and more after it', params('name\0x')],
    ['a NUL and more after it', message('method\0x')],
    ['a DEL in any key', params('x\x7f')],
  ])('are refused: %s in %s', (_name, body) => {
    expectRefusal(body, -32600);
  });

  it('are not looked for in keys that would take long to fold, which are refused instead', () => {
    const marks = `${'\u0315'.repeat(200_000)}${'\u0300'.repeat(200_000)}`;
    for (const body of [message(marks), params(marks), meta('\ufdfa'.repeat(400_000))]) {
      const started = performance.now();
      expectRefusal(body, -32600);
      expect(performance.now() - started).toBeLessThan(3_000);
    }
    const plain = 'x'.repeat(300_000);
    expect(read(params(plain)).canonical).toBe(params(plain));
  });

  it('are refused where an escape hides them', () => {
    expectRefusal('{"jsonrpc":"2.0","id":1,"method":"ping","\\u004dethod":"tools/call"}', -32600);
    expectRefusal('{"jsonrpc":"2.0","id":1,"method":"ping","method\\u0000":"tools/call"}', -32600);
  });

  it('are refused without the key that they resemble', () => {
    expectRefusal('{"jsonrpc":"2.0","id":1,"Method":"ping"}', -32600);
    expectRefusal(request('tools/call', '{"Name":"secret"}'), -32600);
  });

  it('are refused in an object that means nothing to the method', () => {
    expectRefusal(request('ping', '{"ref":{"Type":"x"}}'), -32600);
  });
});

describe('other keys', () => {
  it('may be anything inside arguments and other opaque values', () => {
    const text = call('{"Name":1,"name":2,"METHOD":3,"method\\u0000":4,"params":{"Uri":5}}');
    expect(read(text).canonical).toBe(text);
  });

  it('may be anything inside results and input responses', () => {
    const result = '{"jsonrpc":"2.0","id":1,"result":{"Method":1,"Params":{"Name":2}}}';
    expect(read(result).canonical).toBe(result);
    const retry = request('tools/call', '{"name":"safe","inputResponses":{"Name":{"ID":1}}}');
    expect(read(retry).canonical).toBe(retry);
  });

  test.each([
    message('methods'),
    message('metho'),
    message('x-trace'),
    message('Ünïcode'),
    message(''),
    message('__proto__'),
    params('names'),
    params('Title'),
    params('constructor'),
    meta('com.example/Name'),
    meta('traceparent'),
    meta('name'),
    filter('Name'),
    ref('title'),
  ])('are kept where they resemble none: %s', (text) => {
    expect(read(text).canonical).toBe(text);
  });
});
