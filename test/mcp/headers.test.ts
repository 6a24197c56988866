import { describe, expect, it, test } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import { checkHeaders } from '../../src/mcp/headers.ts';
import { read } from './reading.ts';

const modern = '2026-07-28';
const version = 'io.modelcontextprotocol/protocolVersion';
const capabilities = 'io.modelcontextprotocol/clientCapabilities';
const meta = { [version]: modern, [capabilities]: {} };

type Fields = Readonly<Record<string, unknown>>;
type Headed = Readonly<Record<string, string>>;

/** A request of 2026-07-28. */
function asking(method: string, params: Fields = {}): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: { _meta: meta, ...params } });
}

const call = (args?: Fields) => asking('tools/call', { name: 'safe', arguments: args });
const plainCall = JSON.stringify({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name: 'safe' },
});
const notice = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: {} });

/** The headers of a conforming call of `safe`. */
const right = { 'MCP-Protocol-Version': modern, 'Mcp-Method': 'tools/call', 'Mcp-Name': 'safe' };

function check(headers: Headed, text: string | null): void {
  const fields = new Headers(headers);
  checkHeaders(fields, text === null ? null : read(text, fields.get('MCP-Protocol-Version')));
}

/** Code, JSON-RPC code and id of the refusal; `null` where there is none. */
function outcome(headers: Headed, text: string | null): readonly unknown[] | null {
  try {
    check(headers, text);
    return null;
  } catch (error) {
    if (!(error instanceof DoormanError)) throw error;
    return [error.code, error.rpcCode, error.rpcId];
  }
}

function without(name: keyof typeof right): Headed {
  return Object.fromEntries(Object.entries(right).filter(([each]) => each !== name));
}

const mismatch = ['header_mismatch', -32020, '7'];
const unsupported = ['version_unsupported', -32022, '7'];
const badMeta = ['message_invalid', -32602, '7'];

describe('the revision', () => {
  test.each([
    ['header and message agree', right, call(), null],
    [
      'white space stands around the header',
      { ...right, 'MCP-Protocol-Version': ` ${modern}\t` },
      call(),
      null,
    ],
    ['no revision is named', {}, plainCall, null],
    [
      'an earlier one is named by the header',
      { 'MCP-Protocol-Version': '2025-11-25' },
      plainCall,
      null,
    ],
    ['the oldest is', { 'MCP-Protocol-Version': '2024-11-05' }, plainCall, null],
    ['the header is missing', without('MCP-Protocol-Version'), call(), mismatch],
    [
      'an earlier header shall hide it',
      { ...right, 'MCP-Protocol-Version': '2025-03-26' },
      call(),
      mismatch,
    ],
    [
      'an earlier message shall hide it',
      right,
      asking('tools/call', { name: 'safe', _meta: { ...meta, [version]: '2025-11-25' } }),
      mismatch,
    ],
    [
      'the header comes twice',
      { ...right, 'MCP-Protocol-Version': `${modern}, ${modern}` },
      call(),
      mismatch,
    ],
    ['the header is empty', { ...right, 'MCP-Protocol-Version': '' }, call(), mismatch],
    ['nobody knows it', { 'MCP-Protocol-Version': '1900-01-01' }, plainCall, unsupported],
    ['it is yet to come', { 'MCP-Protocol-Version': '2027-01-01' }, plainCall, unsupported],
    ['it is none', { 'MCP-Protocol-Version': 'latest' }, plainCall, unsupported],
    [
      'an earlier header comes twice',
      { 'MCP-Protocol-Version': '2025-11-25, 2025-11-25' },
      plainCall,
      unsupported,
    ],
    ['an empty header names it', { 'MCP-Protocol-Version': '' }, plainCall, unsupported],
    [
      'header and message agree on one that nobody knows',
      { ...right, 'MCP-Protocol-Version': '1900-01-01' },
      asking('tools/call', { name: 'safe', _meta: { ...meta, [version]: '1900-01-01' } }),
      unsupported,
    ],
    [
      'a notification hides it',
      { 'MCP-Protocol-Version': '2025-11-25' },
      notice.replace('{}', JSON.stringify({ _meta: meta })),
      ['header_mismatch', -32020, null],
    ],
  ] as const)('where %s', (_when, headers, text, expected) => {
    expect(outcome(headers, text)).toEqual(expected);
  });

  it('is refused with those to name instead, and with no more of the header than fits', () => {
    const requested = 'v'.repeat(1_000);
    let refused: unknown;
    try {
      check({ 'MCP-Protocol-Version': requested }, plainCall);
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({
      // The earlier ones are not named in a message, but agreed upon when a session begins.
      rpcData: { supported: ['2026-07-28'], requested: 'v'.repeat(64) },
    });
  });

  it('is all that GET and DELETE are asked for', () => {
    expect(outcome({}, null)).toBeNull();
    expect(outcome({ 'MCP-Protocol-Version': modern }, null)).toBeNull();
    expect(outcome({ 'MCP-Protocol-Version': '2024-11-05' }, null)).toBeNull();
    expect(outcome({ 'MCP-Protocol-Version': 'x' }, null)?.[0]).toBe('version_unsupported');
  });
});

describe('_meta', () => {
  test.each([
    undefined,
    {},
    { progressToken: 1 },
    { [version]: modern },
    { [version]: modern, [capabilities]: null },
    { [version]: modern, [capabilities]: [] },
    { [version]: modern, [capabilities]: true },
  ])('is refused from a request of 2026-07-28 as %j', (own) => {
    expect(outcome(right, asking('tools/call', { name: 'safe', _meta: own }))).toEqual(badMeta);
  });

  it('is not asked of a notification', () => {
    expect(outcome({ 'MCP-Protocol-Version': modern }, notice)).toBeNull();
  });
});

describe('Mcp-Method', () => {
  test.each([
    ['is missing', without('Mcp-Method'), call(), mismatch],
    ['is another', { ...right, 'Mcp-Method': 'tools/list' }, call(), mismatch],
    ['has another case', { ...right, 'Mcp-Method': 'Tools/Call' }, call(), mismatch],
    ['comes twice', { ...right, 'Mcp-Method': 'tools/call, tools/call' }, call(), mismatch],
    [
      'is encoded, which it never is',
      { ...right, 'Mcp-Method': '=?base64?dG9vbHMvY2FsbA==?=' },
      call(),
      mismatch,
    ],
    ['is another in an earlier revision', { 'Mcp-Method': 'tools/list' }, plainCall, mismatch],
    ['is right in an earlier revision', { 'Mcp-Method': 'tools/call' }, plainCall, null],
    [
      'is right for a method without a name',
      { 'MCP-Protocol-Version': modern, 'Mcp-Method': 'tools/list' },
      asking('tools/list'),
      null,
    ],
    [
      'is another than a notification has',
      { 'MCP-Protocol-Version': modern, 'Mcp-Method': 'tools/call' },
      notice,
      ['header_mismatch', -32020, null],
    ],
    [
      'stands beside a response',
      { 'Mcp-Method': 'tools/call' },
      '{"jsonrpc":"2.0","id":7,"result":{}}',
      mismatch,
    ],
  ] as const)('where it %s', (_what, headers, text, expected) => {
    expect(outcome(headers, text)).toEqual(expected);
  });
});

const encoded = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

describe('Mcp-Name', () => {
  const naming = (method: string, key: string) => (name: string, header: string | null) =>
    outcome(
      {
        'MCP-Protocol-Version': modern,
        'Mcp-Method': method,
        ...(header !== null && { 'Mcp-Name': header }),
      },
      asking(method, { [key]: name }),
    );

  describe.each([
    ['tools/call', 'name'],
    ['prompts/get', 'name'],
    ['resources/read', 'uri'],
  ])('of %s', (method, key) => {
    const named = naming(method, key);

    test.each([
      ['safe', 'safe'],
      ['safe', ' safe '],
      ['safe', encoded('safe')],
      ['file:///a b?c=d,e', 'file:///a b?c=d,e'],
      ['Grüße \u{1F44B}', encoded('Grüße \u{1F44B}')],
      [' padded ', encoded(' padded ')],
      ['=?base64?c2FmZQ==?=', encoded('=?base64?c2FmZQ==?=')],
      ['=?BASE64?c2FmZQ==?=', '=?BASE64?c2FmZQ==?='],
      ['=?base64?c2FmZQ==', '=?base64?c2FmZQ=='],
      ['n'.repeat(8_192), 'n'.repeat(8_192)],
      ['é'.repeat(8_192), encoded('é'.repeat(8_192))],
    ])('%.40j may be sent as %.60j', (name, header) => {
      expect(named(name, header)).toBeNull();
    });

    test.each([
      ['nothing', 'safe', null],
      ['an empty value', 'safe', ''],
      ['another name', 'secret', 'safe'],
      ['another case', 'safe', 'Safe'],
      ['two lines', 'safe', 'safe, safe'],
      ['another name, encoded', 'secret', encoded('safe')],
      ['no Base64', 'safe', '=?base64?!!!?='],
      ['Base64 without padding', 'safe', '=?base64?c2FmZQ?='],
      ['Base64 with too much padding', 'safe', '=?base64?c2FmZQ===?='],
      ['Base64 with stray bits', 'safe', '=?base64?c2FmZR==?='],
      ['Base64 with a space', 'safe', '=?base64?c2Fm ZQ==?='],
      ['Base64 for URLs', 'a?>', `=?base64?${Buffer.from('a?>').toString('base64url')}?=`],
      ['Base64 of bytes that are not UTF-8', '\ufffd', '=?base64?/w==?='],
      ['a name encoded twice', 'safe', encoded(encoded('safe'))],
      ['a marker in capitals', 'safe', '=?BASE64?c2FmZQ==?='],
      ['a marker without its end', 'safe', '=?base64?c2FmZQ=='],
      ['a name that should have been encoded', '=?base64?c2FmZQ==?=', '=?base64?c2FmZQ==?='],
      ['bytes beyond ASCII', 'é', 'é'],
      ['a name that lost its spaces', ' safe', 'safe'],
    ])('may not be sent as %s', (_what, name, header) => {
      expect(named(name, header)).toEqual(mismatch);
    });
  });

  it('is compared in earlier revisions where it is sent', () => {
    expect(outcome({ 'Mcp-Name': 'safe' }, plainCall)).toBeNull();
    expect(outcome({ 'Mcp-Name': 'secret' }, plainCall)).toEqual(mismatch);
  });

  it('is compared with the task where one is acted on, and not asked for', () => {
    const task = naming('tasks/get', 'taskId');
    expect(task('a', 'a')).toBeNull();
    expect(task('a', null)).toBeNull();
    expect(task('a', 'b')).toEqual(mismatch);
  });

  it('means nothing beside any other method', () => {
    const headers = { 'MCP-Protocol-Version': modern, 'Mcp-Method': 'tools/list', 'Mcp-Name': 'x' };
    expect(outcome(headers, asking('tools/list'))).toBeNull();
  });
});

describe('Mcp-Param-*', () => {
  const sent = (args: string, header: string, name = 'region') =>
    outcome(
      { ...right, [`Mcp-Param-${name}`]: header },
      call({}).replace('"arguments":{}', `"arguments":${args}`),
    );

  test.each([
    ['{"region":"eu"}', 'eu'],
    ['{"region":"Hello, 世界"}', encoded('Hello, 世界')],
    ['{"region":42}', '42'],
    ['{"region":42}', '42.0'],
    ['{"region":-7.50}', '-7.5'],
    ['{"region":1e3}', '1000'],
    ['{"region":true}', 'true'],
    ['{"region":false}', 'false'],
    ['{"region":null}', 'eu'],
    ['{"region":{"name":"us"}}', 'eu'],
    ['{"region":["us"]}', 'eu'],
    ['{"other":"us"}', 'eu'],
    ['{"options":{"region":"us"}}', 'eu'],
    ['{}', '=?base64?!!!?='],
    ['null', 'eu'],
    ['["us"]', 'eu'],
  ])('passes beside the arguments %s as %j', (args, header) => {
    expect(sent(args, header)).toBeNull();
  });

  test.each([
    ['{"region":"us"}', 'eu'],
    ['{"region":"us"}', ''],
    ['{"region":"us"}', 'us, us'],
    ['{"region":"us"}', '=?base64?!!!?='],
    ['{"region":"é"}', 'é'],
    ['{"region":"42"}', '42.0'],
    ['{"region":42}', '43'],
    ['{"region":42}', '4.2e1'],
    ['{"region":42}', '0x2a'],
    ['{"region":42}', ''],
    ['{"region":9007199254740993}', '9007199254740992'],
    ['{"region":1e400}', '1e400'],
    ['{"region":true}', 'TRUE'],
    ['{"region":true}', '1'],
    ['{"region":false}', 'true'],
  ])('is refused beside the arguments %s as %j', (args, header) => {
    expect(sent(args, header)).toEqual(mismatch);
  });

  it('is found whatever the case of its name', () => {
    expect(sent('{"Region":"us"}', 'eu', 'REGION')).toEqual(mismatch);
  });

  it('is not looked for under an argument that no header can name', () => {
    expect(sent('{"a b":"us","":"us","é":"us","x\\r\\ny":"us","region":"eu"}', 'eu')).toBeNull();
  });

  it('may not come beside more arguments than are compared', () => {
    const args = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, at])));
    expect(sent(args(100), '99', 'a99')).toBeNull();
    expect(sent(args(100), '98', 'a99')).toEqual(mismatch);
    expect(sent(args(100), 'x', 'b')).toBeNull();
    expect(sent(args(101), 'x', 'b')).toEqual(mismatch);
    expect(outcome(right, call(JSON.parse(args(1_000))))).toBeNull();
  });

  it('means nothing in earlier revisions', () => {
    const text = plainCall.replace('"safe"', '"safe","arguments":{"region":"us"}');
    expect(outcome({ 'Mcp-Param-Region': 'eu' }, text)).toBeNull();
  });
});
