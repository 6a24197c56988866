import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StdioChild } from '../../src/gateway/stdio-child.ts';
import { type Era, shakeHands } from '../../src/gateway/stdio-handshake.ts';
import type { WireMessage } from '../../src/gateway/stdio-message.ts';

/** How a child answers a method, and after how long; `null` makes it end. */
type Answers = Readonly<Record<string, { readonly after: number; readonly with: object | null }>>;

const modern = { result: { supportedVersions: ['2026-07-28'] } };
const unknown = { error: { code: -32601, message: 'Method not found' } };
const described = {
  result: { serverInfo: { name: 's', version: '1' }, capabilities: {}, protocolVersion: '1' },
};

/** Children that answer in turn as told; the last of them stands for all that follow. */
function setUp(...scripts: readonly Answers[]) {
  const asked: string[][] = [];
  const closed: number[] = [];
  const start = (): StdioChild => {
    const index = asked.push([]) - 1;
    const answers = scripts[Math.min(index, scripts.length - 1)] ?? {};
    let receive: (message: WireMessage) => void = () => {};
    let end: (how: string) => void = () => {};
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    return {
      send(text) {
        const { id, method } = JSON.parse(text);
        asked[index]?.push(method);
        const answer = answers[method];
        if (answer === undefined) return;
        setTimeout(() => {
          if (answer.with === null) end('exit code 1');
          else receive({ jsonrpc: '2.0', id, ...answer.with });
        }, answer.after);
      },
      onMessage(callback) {
        receive = callback;
      },
      pause() {},
      resume() {},
      ended,
      async close() {
        closed.push(index);
        end('SIGTERM');
      },
    };
  };
  const era: Era = { modern: null };
  return { asked, closed, era, shake: () => shakeHands(start, era, 20_000) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What comes of it, once the clock has run for two minutes. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.then(
    () => 'served',
    ({ code, detail }) => ({ code, detail }),
  );
  await vi.advanceTimersByTimeAsync(120_000);
  return settled;
}

describe('a child that speaks MCP 2026-07-28', () => {
  it('is asked nothing else', async () => {
    const { asked, closed, era, shake } = setUp({ 'server/discover': { after: 10, with: modern } });
    expect(await outcome(shake())).toBe('served');
    expect(era.modern).toBe(true);
    expect(asked).toEqual([['server/discover']]);
    expect(closed).toEqual([]);
  });

  it('is not taken for an earlier one because it is slow to begin', async () => {
    const slow = {
      'server/discover': { after: 12_000, with: modern },
      initialize: { after: 7_001, with: described },
    };
    const { asked, closed, era, shake } = setUp(slow);
    expect(await outcome(shake())).toBe('served');
    expect(era.modern).toBe(true);
    expect(asked).toEqual([['server/discover', 'initialize'], ['server/discover']]);
    expect(closed).toEqual([0]);
  });

  it.each([
    ['ends', { after: 10, with: null }, 'upstream_unavailable', { reason: 'exit code 1' }],
    ['is too slow', { after: 20_001, with: modern }, 'upstream_timeout', {}],
  ])(
    'is not taken for an earlier one because its successor %s',
    async (_how, answer, code, detail) => {
      const good = { 'server/discover': { after: 10, with: modern } };
      const { asked, era, shake } = setUp(good, { 'server/discover': answer }, good);
      expect(await outcome(shake())).toBe('served');
      expect(await outcome(shake())).toEqual({ code, detail });
      expect(await outcome(shake())).toBe('served');
      expect(era.modern).toBe(true);
      expect(asked.flat()).toEqual(Array(3).fill('server/discover'));
    },
  );

  it('may become one of an earlier revision', async () => {
    const { era, shake } = setUp(
      { 'server/discover': { after: 10, with: modern } },
      {
        'server/discover': { after: 10, with: unknown },
        initialize: { after: 10, with: described },
      },
    );
    expect(await outcome(shake())).toBe('served');
    expect(await outcome(shake())).toBe('served');
    expect(era.modern).toBe(false);
  });
});

describe('a child of an earlier revision', () => {
  it.each([
    ['says so', { 'server/discover': { after: 10, with: unknown } }],
    ['says so late', { 'server/discover': { after: 6_000, with: unknown } }],
    ['says nothing', {}],
  ])('is initialized when it %s, and its successors are not asked', async (_how, answers) => {
    const initialize = { after: 2_000, with: described };
    const { asked, era, shake } = setUp({ ...answers, initialize });
    expect(await outcome(shake())).toBe('served');
    expect(await outcome(shake())).toBe('served');
    expect(era.modern).toBe(false);
    const begun = ['initialize', 'notifications/initialized'];
    expect(asked).toEqual([['server/discover', ...begun], begun]);
  });

  it.each([
    ['refuses to begin', { initialize: { after: 10, with: unknown } }, 'upstream_unavailable'],
    ['says nothing at all', {}, 'upstream_timeout'],
  ])('is ended where it %s, and nothing is known', async (_how, answers, code) => {
    const { closed, era, shake } = setUp(answers);
    expect(await outcome(shake())).toMatchObject({ code });
    expect(closed).toContain(0);
    expect(era.modern).toBeNull();
  });
});
