import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  answerOf,
  contentOf,
  initialize,
  openSession,
  post,
  sendModern,
} from '../support/mcp-wire.ts';
import { isAlive, pidsOf } from '../support/processes.ts';
import { type FrontOptions, type StdioFront, startStdioFront } from '../support/stdio-front.ts';
import { waiting } from '../support/waiting.ts';

const fronts: StdioFront[] = [];

async function start(options?: FrontOptions): Promise<StdioFront> {
  const front = await startStdioFront(options);
  fronts.push(front);
  return front;
}

afterEach(async () => {
  for (const front of fronts.splice(0)) await front.close();
});

async function refusalOf(response: Response): Promise<Record<string, unknown>> {
  return { status: response.status, ...(await response.json()) };
}

describe('a child that writes what is no message', () => {
  it.each([
    ['words', 'Server started!'],
    ['half a message', '{"jsonrpc":"2.0","id":1'],
    ['JSON that is no JSON-RPC', '{"id":1,"result":{}}'],
    ['a text', '"jsonrpc"'],
    ['bytes that no JSON has', '{"jsonrpc":"2.0","method":"a\u0007b"}'],
  ])('is heard all the same, its %s dropped and logged', async (_, line) => {
    const { url, log } = await start();
    const session = await openSession(url);
    const response = await session.send('tools/call', {
      name: 'says',
      arguments: { lines: [line, '', '{"jsonrpc":"2.0","method":"notifications/message"}'] },
    });
    const text = await response.text();
    expect(text.match(/^data: \{/gm)).toHaveLength(2);
    const dropped = log.filter(({ event }) => event === 'upstream_output_dropped');
    expect(dropped).toMatchObject([{ level: 'warn', text: line.replace('\u0007', ' ') }]);
  });

  it('is heard in batches, which stand on one line', async () => {
    const { url } = await start();
    const session = await openSession(url);
    const note = '{"jsonrpc":"2.0","method":"notifications/message"}';
    const lines = [`[${note},${note}]`];
    const response = await session.send('tools/call', { name: 'says', arguments: { lines } });
    expect((await response.text()).match(/^data: \{/gm)).toHaveLength(3);
  });
});

describe('a child that misbehaves while requests wait', () => {
  it.each([
    ['ends', 'die', {}],
    ['closes its output', 'mute', {}],
    ['writes a line of 100 MB', 'writes', { bytes: 100 * 1024 * 1024 }],
  ])(
    'and %s has all of them answered with an error, and its session ended',
    async (_, name, args) => {
      const { url } = await start();
      const session = await openSession(url);
      const [pid = 0] = pidsOf(await session.call('whoami'));
      const hanging = await session.send('tools/call', { name: 'hang' });
      const error = { code: -32603, message: 'The MCP server has ended.' };
      expect((await session.call(name, args)).error).toEqual(error);
      expect(await answerOf(hanging)).toEqual({ jsonrpc: '2.0', id: 2, error });
      expect((await session.send('ping')).status).toBe(404);
      await vi.waitUntil(() => !isAlive(pid), waiting);
      const again = await openSession(url);
      expect(contentOf(await again.call('echo', { a: 1 }))).toEqual({ a: 1 });
    },
  );

  it('has its complaints in the log alone, and not all of them', async () => {
    const { url, log } = await start();
    const session = await openSession(url);
    const lines = 20_000;
    const response = await session.send('tools/call', { name: 'complains', arguments: { lines } });
    expect(await response.text()).not.toContain('complaint');
    await vi.waitUntil(() => log.length >= 50, waiting);
    await session.call('echo');
    expect(log).toHaveLength(50);
    expect(log[0]).toMatchObject({ level: 'info', event: 'upstream_stderr', text: 'complaint 0' });
  });
});

describe('a child that stops reading', () => {
  it('is sent nothing more once too much waits for it', async () => {
    const { url } = await start();
    const session = await openSession(url);
    await session.call('deafens');
    const data = 'x'.repeat(17 * 1024 * 1024);
    const much = { jsonrpc: '2.0', method: 'notifications/much', params: { data } };
    expect((await post(url, much, session.headers)).status).toBe(202);
    expect(await refusalOf(await session.send('tools/call', { name: 'echo' }))).toMatchObject({
      status: 502,
      refused: 'upstream_unavailable',
      detail: { reason: 'reads nothing' },
    });
  });
});

describe('a child that does not begin', () => {
  it.each([
    ['is not there', { program: '/nowhere/at-all' }, '/nowhere/at-all not started: ENOENT'],
    ['ends at once', { mode: 'exits' }, 'exit code 7'],
  ])('because it %s is refused as an outage of the server', async (_, options, reason) => {
    const { url } = await start(options);
    const expected = { status: 502, refused: 'upstream_unavailable', detail: { reason } };
    const response = await initialize(url);
    expect(response.headers.get('mcp-session-id')).toBeNull();
    expect(await refusalOf(response)).toMatchObject(expected);
    expect(await refusalOf(await sendModern(url, 'tools/list'))).toMatchObject({
      status: 502,
      refused: 'upstream_unavailable',
    });
  });

  it('and stays silent is ended, and refused as too slow', async () => {
    const { url } = await start({ mode: 'silent', startTimeoutMs: 300 });
    const expected = { status: 504, refused: 'upstream_timeout' };
    expect(await refusalOf(await initialize(url))).toMatchObject(expected);
    expect(await refusalOf(await sendModern(url, 'tools/list'))).toMatchObject(expected);
  });

  it('again and again is not tried again for a while, longer each time', async () => {
    const { url } = await start({ mode: 'exits' });
    const waits: unknown[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      waits.push((await refusalOf(await initialize(url))).retryAfterSeconds);
    }
    expect(waits).toEqual([null, null, 1]);
    const other = await refusalOf(await initialize(url, { 'x-user': 'bob' }));
    expect(other).toMatchObject({ retryAfterSeconds: null });
  });
});

describe('the end of the gateway', () => {
  it('ends every child, and what it has started, however stubborn', async () => {
    const front = await start({ mode: 'stubborn' });
    const session = await openSession(front.url);
    const pids = pidsOf(await session.call('breeds'));
    const modern = await answerOf(
      await sendModern(front.url, 'tools/call', { name: 'breeds', arguments: {} }),
    );
    const all = [...pids, ...pidsOf(modern)];
    expect(all.map(isAlive)).toEqual([true, true, true, true]);
    await front.close();
    fronts.length = 0;
    await vi.waitUntil(() => !all.some(isAlive), waiting);
  });

  it('lets nobody in any more', async () => {
    const front = await start();
    const session = await openSession(front.url);
    const waiting = await session.send('tools/call', { name: 'hang' });
    fronts.length = 0;
    const closed = front.close();
    expect((await answerOf(waiting)).error).toMatchObject({ code: -32603 });
    await closed;
    await expect(initialize(front.url)).rejects.toThrow();
  });
});
