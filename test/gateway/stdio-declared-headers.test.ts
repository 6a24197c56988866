import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkingDeclaredHeaders } from '../../src/gateway/stdio-declared-headers.ts';
import type { Link, LinkAnswer, LinkRequest } from '../../src/gateway/stdio-link.ts';
import { type Members, parseMessage, type WireMessage } from '../../src/gateway/stdio-message.ts';

const changed: WireMessage = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
const deploy = {
  name: 'deploy',
  inputSchema: {
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Zone' },
      target: { properties: { port: { type: 'integer', 'x-mcp-header': 'Port' } } },
      forced: { type: 'boolean', 'x-mcp-header': 'Forced' },
    },
  },
};
const plain = { name: 'plain', inputSchema: { properties: { region: { type: 'string' } } } };

type Lister = (request: LinkRequest) => LinkAnswer | Promise<LinkAnswer>;

/** A handler that passes everything, and a child that answers `tools/list` as told. */
function setUp(list: Lister, meta: Members | null = null) {
  const requests: LinkRequest[] = [];
  const untied: ((notification: WireMessage) => void)[] = [];
  const link: Link = {
    request(request) {
      requests.push(request);
      if (request.method !== 'tools/list') return new Promise(() => {});
      return Promise.resolve(list(request));
    },
    notify() {},
    onNotification: (receive) => void untied.push(receive),
  };
  const passed = vi.fn(async () => new Response());
  const handler = checkingDeclaredHeaders(passed, { link, meta });
  return {
    passed,
    requests,
    asked: () => requests.map(({ method }) => method),
    tell: (notification: WireMessage) => {
      for (const receive of untied) receive(notification);
    },
    /** @param args JSON text */
    call(args: string, headers: Record<string, string> = {}, name = 'deploy', id = '7') {
      const body = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`;
      return handler(parseMessage(body), new Request('http://stdio.invalid/', { headers }));
    },
    handler,
  };
}

const listed = (...tools: readonly object[]): Lister => {
  return () => ({ result: { tools } });
};

describe('a call of a tool that declares headers', () => {
  it.each([
    ['has none of the arguments', '{"other":1}', {}],
    ['has the argument in its header', '{"region":"eu"}', { 'Mcp-Param-Zone': 'eu' }],
    ['has it in Base64', '{"region":"ü"}', { 'Mcp-Param-Zone': '=?base64?w7w=?=' }],
    ['has an equal number', '{"target":{"port":80}}', { 'mcp-param-port': '80.0' }],
    ['has a truth', '{"forced":true}', { 'Mcp-Param-Forced': 'true' }],
    ['has null, which needs no header', '{"region":null,"target":null}', {}],
    ['has a list, which no header can say', '{"region":["eu"]}', {}],
    ['has an integer that no header can say', '{"target":{"port":12345678901234567890}}', {}],
    ['has a header and no argument', '{"other":1}', { 'Mcp-Param-Zone': 'eu' }],
    ['has no arguments', '{}', {}],
  ])('passes where it %s', async (_what, args, headers) => {
    const { call, passed } = setUp(listed(deploy));
    await call(args, headers);
    expect(passed).toHaveBeenCalledOnce();
  });

  it.each([
    ['a header is missing', '{"region":"eu"}', {}, 'Zone'],
    [
      'a header of the argument’s name is there',
      '{"region":"eu"}',
      { 'Mcp-Param-Region': 'eu' },
      'Zone',
    ],
    ['an empty text has none', '{"region":""}', {}, 'Zone'],
    ['a header differs', '{"region":"eu"}', { 'Mcp-Param-Zone': 'us' }, 'Zone'],
    ['a header is there twice', '{"region":"eu"}', { 'Mcp-Param-Zone': 'eu, eu' }, 'Zone'],
    ['a header further down is missing', '{"target":{"port":80}}', {}, 'Port'],
    ['a number differs', '{"target":{"port":80}}', { 'Mcp-Param-Port': '81' }, 'Port'],
    [
      'a number only rounds to the same',
      '{"target":{"port":12345678901234567890}}',
      { 'Mcp-Param-Port': '12345678901234567891' },
      'Port',
    ],
    ['a truth is missing', '{"forced":false}', {}, 'Forced'],
  ])(
    'is refused where %s, and the child sees nothing of it',
    async (_what, args, headers, name) => {
      const { call, passed, asked } = setUp(listed(deploy));
      await expect(call(args, headers, 'deploy', '12345678901234567890')).rejects.toMatchObject({
        code: 'header_mismatch',
        rpcCode: -32020,
        rpcId: '12345678901234567890',
        detail: { header: `Mcp-Param-${name}` },
      });
      expect(passed).not.toHaveBeenCalled();
      expect(asked()).toEqual(['tools/list']);
    },
  );
});

describe('the list of a child’s tools', () => {
  it('is asked for once, by calls with arguments alone', async () => {
    const { call, handler, asked, passed } = setUp(listed(plain));
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' } as const;
    await handler(list, new Request('http://stdio.invalid/'));
    await call('{}', {}, 'plain');
    expect(asked()).toEqual([]);
    await Promise.all([call('{"region":"eu"}', {}, 'plain'), call('{"region":"eu"}', {}, 'new')]);
    await call('{"region":"eu"}', {}, 'plain');
    expect(asked()).toEqual(['tools/list']);
    expect(passed).toHaveBeenCalledTimes(5);
  });

  it('is read to its end', async () => {
    const { call, requests } = setUp(({ params }) =>
      params?.cursor === 'two'
        ? { result: { tools: [deploy] } }
        : { result: { tools: [plain], nextCursor: 'two' } },
    );
    await expect(call('{"region":"eu"}')).rejects.toMatchObject({ code: 'header_mismatch' });
    expect(requests.map(({ params }) => params)).toEqual([{}, { cursor: 'two' }]);
  });

  it('is asked for again when the child says that it has changed', async () => {
    const tools: object[] = [{ ...deploy, inputSchema: {} }];
    const { call, tell, asked } = setUp(() => ({ result: { tools } }));
    await call('{"region":"eu"}');
    tools.splice(0, 1, deploy);
    tell({ ...changed, method: 'notifications/prompts/list_changed' });
    await call('{"region":"eu"}');
    tell(changed);
    await expect(call('{"region":"eu"}')).rejects.toMatchObject({ code: 'header_mismatch' });
    expect(asked()).toEqual(['tools/list', 'tools/list']);
  });

  it('is subscribed to where the child speaks 2026-07-28, and asked for in its terms', async () => {
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    const tools: object[] = [plain];
    const { call, requests } = setUp(() => ({ result: { tools } }), meta);
    await call('{"region":"eu"}');
    expect(requests.map(({ method, params }) => ({ method, params }))).toEqual([
      {
        method: 'subscriptions/listen',
        params: { _meta: meta, notifications: { toolsListChanged: true } },
      },
      { method: 'tools/list', params: { _meta: meta } },
    ]);
    tools.push(deploy);
    requests[0]?.onNotification?.(changed);
    await expect(call('{"region":"eu"}')).rejects.toMatchObject({ code: 'header_mismatch' });
    expect(requests).toHaveLength(3);
  });

  it('declares nothing where the child refuses it, until it does not', async () => {
    const error = { code: -32601, message: 'Method not found' };
    const answers: LinkAnswer[] = [{ error }, { result: { tools: [deploy] } }];
    const { call, passed } = setUp(() => answers.shift() as LinkAnswer);
    await call('{"region":"eu"}');
    expect(passed).toHaveBeenCalledOnce();
    await expect(call('{"region":"eu"}')).rejects.toMatchObject({ code: 'header_mismatch' });
  });

  it.each([[undefined], [{}], [['x', null, { name: 1 }, { ...deploy, name: { toString: 1 } }]]])(
    'declares nothing where it is no list of tools: %j',
    async (tools) => {
      const { call, passed } = setUp(() => ({ result: { tools } }));
      await call('{"region":"eu"}');
      expect(passed).toHaveBeenCalledOnce();
    },
  );
});

describe('a list that does not come', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('has the call refused after half a minute, and is asked for again by the next one', async () => {
    const silent: Lister = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    const { call, passed, asked } = setUp(silent);
    for (const times of [1, 2]) {
      const refused = expect(call('{"region":"eu"}')).rejects.toMatchObject({
        code: 'upstream_timeout',
      });
      await vi.advanceTimersByTimeAsync(30_000);
      await refused;
      expect(asked()).toHaveLength(times);
    }
    expect(passed).not.toHaveBeenCalled();
  });
});
