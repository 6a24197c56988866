import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compilePolicy } from '../../src/policy/policy.ts';
import { challenge, rpcError } from '../support/expectations.ts';
import { firstScope, fullScope, type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let rig: GatewayRig;
let open: GatewayRig;
let token: string;

beforeAll(async () => {
  upstream = await startUpstream(emptyResult);
  rig = await startGatewayRig({ upstream: upstream.url });
  open = await startGatewayRig({
    upstream: upstream.url,
    idp: rig.idp,
    change: (service) => ({
      ...service,
      policy: compilePolicy({
        tools: [{ match: '*', scopes: ['mcp:admin'] }],
        listing: 'all',
        denial: 'result',
      }),
    }),
  });
  token = await rig.mint({ scope: firstScope });
});
beforeEach(() => upstream.answerWith(emptyResult));
afterAll(async () => {
  await open?.close();
  await rig?.close();
  await upstream?.close();
});

type Fields = Readonly<Record<string, string>>;

/** Has the upstream answer the next requests so, byte by byte where asked. */
function answerWith(
  body: string | Uint8Array,
  headers: Fields = { 'content-type': 'application/json' },
  { status = 200, split = false } = {},
): void {
  upstream.answerWith(async (_incoming, outgoing) => {
    outgoing.writeHead(status, headers);
    for (const chunk of split ? [...Buffer.from(body)].map((byte) => Buffer.of(byte)) : [body]) {
      await new Promise((resolve) => outgoing.write(chunk, resolve));
    }
    outgoing.end();
  });
}

async function ask(
  method: string,
  { params = {}, at = rig, bearer = token, http = 'POST' }: Partial<Asked> = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(at.resource, {
    method: http,
    headers: {
      authorization: `Bearer ${bearer}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: http === 'GET' ? null : JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

interface Asked {
  readonly params: object;
  readonly at: GatewayRig;
  readonly bearer: string;
  readonly http: string;
}

const answer = (result: string) => `{"jsonrpc":"2.0","id":1,"result":${result}}`;
const whole = answer('{"tools":[{"name":"echo"},{"name":"drop-all"}],"nextCursor":"b"}');
const permitted = answer('{"tools":[{"name":"echo"}],"nextCursor":"b"}');
const stream = { 'content-type': 'text/event-stream' };
const event = (data: string, end = '\n') => `event: message${end}data: ${data}${end}${end}`;
const unusable = 'The MCP server cannot be reached, or its answer cannot be used.';

describe('a list of tools', () => {
  it.each<[string, string | Uint8Array, Fields, number?]>([
    ['JSON', whole, { 'content-type': 'application/json' }],
    ['JSON in capitals', whole, { 'content-type': 'Application/JSON' }],
    ['JSON with an odd parameter', whole, { 'content-type': 'application/json ;x' }],
    ['plain text', whole, { 'content-type': 'text/plain' }],
    ['nothing named', whole, {}],
    ['with 201', whole, { 'content-type': 'application/json' }, 201],
    ['with 206', whole, { 'content-type': 'application/json' }, 206],
    ['with 400', whole, { 'content-type': 'application/json' }, 400],
    ['with 500', whole, { 'content-type': 'application/json' }, 500],
    ['with a length', whole, { 'content-length': `${whole.length}` }],
  ])('answered as %s shows what its reader may use', async (_what, body, headers, status = 200) => {
    answerWith(body, headers, { status });
    const seen = await ask('tools/list');
    expect([seen.status, seen.text]).toEqual([status, permitted]);
  });

  it.each<[string, string | Uint8Array, boolean?]>([
    ['as the SDKs write it', event(whole)],
    ['with CRLF', event(whole, '\r\n')],
    ['with CR', event(whole, '\r')],
    ['without a space', `event: message\ndata:${whole}\n\n`],
    ['on several lines', `event: message\ndata: ${whole.replaceAll(',', ',\ndata: ')}\n\n`],
    ['byte by byte', event(whole), true],
    ['byte by byte with CRLF', event(whole, '\r\n'), true],
    ['after a byte order mark', `\ufeff${event(whole)}`],
    [
      'after a line that is not UTF-8',
      Buffer.concat([Buffer.of(0xff, 10), Buffer.from(event(whole))]),
    ],
    ['with a method beside the result', event(whole.replace('"id"', '"method":"x","id"'))],
  ])('streamed %s shows what its reader may use', async (_what, body, split = false) => {
    answerWith(body, stream, { split });
    const { status, text } = await ask('tools/list');
    expect(status).toBe(200);
    expect(text).toContain('"echo"');
    expect(text).not.toContain('drop-all');
  });

  it.each<[string, string | Uint8Array]>([
    ['gzip without a label', gzipSync(whole)],
    ['UTF-16', Buffer.from(whole, 'utf16le')],
    ['JSON after a byte order mark', `\ufeff${whole}`],
    ['half of it', whole.slice(0, -1)],
    ['the list twice', whole.replace('"nextCursor":"b"', '"tools":[]')],
    ['the list in capitals', whole.replace('tools', 'TOOLS')],
    ['a batch', `[${whole}]`],
    ['an event stream by another name', event(whole)],
  ])('that is %s is not passed on', async (_what, body) => {
    answerWith(body);
    const { status, text } = await ask('tools/list');
    expect([status, text]).toEqual([502, rpcError(1, 502, unusable)]);
  });

  it('that cannot be read in a stream leaves its id for a reader to resume from', async () => {
    const twice = whole.replace('"nextCursor":"b"', '"tools":[]');
    answerWith(`id: 7\n${event(twice)}id: 8\n${event(permitted)}`, stream);
    const { text } = await ask('tools/list');
    expect(text).toBe(`id: 7\ndata:\n\nid: 8\n${event(permitted)}`);
  });

  it('is given up where it is too long to be read', async () => {
    const long = whole.replace('echo', 'e'.repeat(17 * 2 ** 20));
    answerWith(long);
    expect((await ask('tools/list')).status).toBe(502);
    answerWith(`: open\n\n${event(long)}`, stream);
    expect((await ask('tools/list')).text).toBe(': open\n\n');
    expect(await ask('ping')).toMatchObject({ status: 200 });
  });

  it('is its reader’s alone, on a page that becomes empty too, with its cursor', async () => {
    const page = (tools: string, scope: string) =>
      answer(`{"tools":[${tools}],"nextCursor":"b","ttlMs":60000,"cacheScope":"${scope}"}`);
    answerWith(page('{"name":"drop-all"}', 'public'));
    expect((await ask('tools/list')).text).toBe(page('', 'private'));
  });

  it('shows everything to whoever may use everything', async () => {
    answerWith(whole);
    expect((await ask('tools/list', { bearer: await rig.mint() })).text).toBe(whole);
  });

  it('shows everything to everybody where the policy says so', async () => {
    answerWith(whole);
    const bearer = await open.mint({ scope: '' });
    expect((await ask('tools/list', { at: open, bearer })).text).toBe(whole);
  });

  it.each([
    ['the answer to a call that has the id of a list', 'tools/call', 'POST', {}],
    ['the stream of a session, where answers are replayed', '', 'GET', stream],
    ['the stream of a call', 'tools/call', 'POST', stream],
  ])('is filtered in %s', async (_what, method, http, headers) => {
    answerWith(headers === stream ? event(whole) : whole, headers);
    const { status, text } = await ask(method, { http, params: { name: 'echo' } });
    expect(status).toBe(200);
    expect(text).toContain('"echo"');
    expect(text).not.toContain('drop-all');
  });

  it('hides what is refused all the same when it is called', async () => {
    const before = upstream.arrivals.length;
    const { status, headers } = await ask('tools/call', { params: { name: 'drop-all' } });
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toContain(`scope="${fullScope}"`);
    expect(upstream.arrivals).toHaveLength(before);
  });
});

describe('a call denied by a result', () => {
  const call = { params: { name: 'echo' } };

  it('is a tool result with the challenge, and reaches no upstream', async () => {
    const before = upstream.arrivals.length;
    const bearer = await open.mint({ scope: '' });
    const { status, headers, text } = await ask('tools/call', { ...call, at: open, bearer });
    expect(status).toBe(200);
    expect(headers.get('www-authenticate')).toBeNull();
    const description = 'The access token lacks a permission that this operation needs.';
    const lacking = { error: 'insufficient_scope', scope: 'mcp:admin', description };
    expect(JSON.parse(text)).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {
        content: [{ type: 'text', text: `${description} Needed: mcp:admin.` }],
        isError: true,
        _meta: { 'mcp/www_authenticate': [challenge(open.resource, lacking)] },
      },
    });
    expect(upstream.arrivals).toHaveLength(before);
  });

  it('stays 401 where the token is at fault', async () => {
    const bearer = await open.mint({ exp: 1 });
    expect((await ask('tools/call', { ...call, at: open, bearer })).status).toBe(401);
  });
});
