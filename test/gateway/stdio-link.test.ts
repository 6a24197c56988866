import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import type { StdioChild } from '../../src/gateway/stdio-child.ts';
import { createLink } from '../../src/gateway/stdio-link.ts';
import { readMessages, type WireMessage } from '../../src/gateway/stdio-message.ts';

function setUp() {
  const sent: WireMessage[] = [];
  let receive: (message: WireMessage) => void = () => {};
  let end: (how: string) => void = () => {};
  let broken = false;
  const child: StdioChild = {
    send(text) {
      if (broken) throw new DoormanError('upstream_unavailable');
      sent.push(JSON.parse(text));
    },
    onMessage(callback) {
      receive = callback;
    },
    pause() {},
    resume() {},
    ended: new Promise((resolve) => {
      end = resolve;
    }),
    async close() {},
  };
  return {
    link: createLink(child),
    sent,
    says: (message: Omit<WireMessage, 'jsonrpc'>) => receive({ jsonrpc: '2.0', ...message }),
    end: () => end('exit code 0'),
    break() {
      broken = true;
    },
  };
}

describe('a link', () => {
  it('asks under ids and tokens of its own, and gives each asker what is its', async () => {
    const { link, sent, says } = setUp();
    const heard: unknown[] = [];
    const params = { _meta: { progressToken: 'same', other: 1 } };
    const answers = ['a', 'b'].map((name) =>
      link.request({
        ...{ method: name, params },
        onNotification: (notification) => heard.push([name, notification.params]),
      }),
    );
    expect(sent.map(({ id, params }) => [id, params])).toEqual([
      [1, { _meta: { progressToken: 1, other: 1 } }],
      [2, { _meta: { progressToken: 2, other: 1 } }],
    ]);
    says({ method: 'notifications/progress', params: { progressToken: 2, progress: 5 } });
    says({ method: 'notifications/progress', params: { progressToken: 99, progress: 5 } });
    says({ id: 2, result: { n: 2 } });
    says({ id: 1, error: { code: 7, message: 'no' } });
    expect(heard).toEqual([['b', { progressToken: 'same', progress: 5 }]]);
    expect(await Promise.all(answers)).toEqual([
      { error: { code: 7, message: 'no' } },
      { result: { n: 2 } },
    ]);
  });

  it('cancels for who does not wait any more, and drops the late answer', async () => {
    const { link, sent, says } = setUp();
    const left = new AbortController();
    const answer = link.request({ method: 'a', signal: left.signal });
    left.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    expect(sent.at(-1)).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: 1 },
    });
    says({ id: 1, result: {} });
    expect(() => left.abort()).not.toThrow();
    await expect(link.request({ method: 'b', signal: left.signal })).rejects.toThrow('gone');
  });

  it('answers what the child asks, since its clients cannot be asked', () => {
    const { sent, says } = setUp();
    says({ id: 'p', method: 'ping' });
    says({ id: 8, method: 'roots/list' });
    expect(sent).toMatchObject([
      { id: 'p', result: {} },
      { id: 8, error: { code: -32601 } },
    ]);
  });

  it('has all askers answered when the child ends', async () => {
    const { link, end } = setUp();
    const answer = link.request({ method: 'a' });
    end();
    expect(await answer).toEqual({ error: { code: -32603, message: 'The MCP server has ended.' } });
  });

  it('refuses a request that the child does not take, and takes leave of it quietly', async () => {
    const { link, says, break: breakPipe } = setUp();
    const left = new AbortController();
    const answer = link.request({ method: 'a', signal: left.signal });
    breakPipe();
    await expect(link.request({ method: 'b' })).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
    left.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    link.notify('notifications/initialized');
    says({ id: 1, method: 'ping' });
  });

  it.each([
    ['progress', { progressToken: { valueOf: 1, toString: 1 } }],
    [
      'a subscription',
      { _meta: { 'io.modelcontextprotocol/subscriptionId': { valueOf: 1, toString: 1 } } },
    ],
  ])('survives what cannot be made a number, as the token of %s', (_what, params) => {
    const { says } = setUp();
    for (const method of ['notifications/progress', 'notifications/message'])
      expect(() => says({ method, params })).not.toThrow();
  });

  it('keeps its composure whatever a child says', () => {
    const key = fc.constantFrom('_meta', 'progressToken', 'requestId', 'uri', 'x');
    const value = fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue()));
    const message = fc.record(
      {
        jsonrpc: fc.constant('2.0'),
        id: fc.oneof(fc.constantFrom(1, 2, '1'), fc.jsonValue()),
        method: fc.oneof(
          fc.constantFrom('notifications/progress', 'notifications/message', 'ping'),
          fc.jsonValue(),
        ),
        params: value,
        result: value,
        error: value,
      },
      { requiredKeys: ['jsonrpc'] },
    );
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const { link, says } = setUp();
        const onNotification = vi.fn();
        const params = { _meta: { progressToken: 1 } };
        void link.request({ method: 'a', params, onNotification });
        void link.request({ method: 'b' });
        for (const each of messages) {
          const line = new TextEncoder().encode(JSON.stringify(each));
          for (const read of readMessages(line) ?? []) says(read);
        }
      }),
    );
  });
});
