import { describe, expect, it, vi } from 'vitest';
import type { Principal, ToolHints } from '../../src/core/types.ts';
import {
  callerKey,
  createToolHints,
  type DescribeTools,
  type ToolCall,
} from '../../src/guard/tool-hints.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
import { read, request } from '../mcp/reading.ts';
import { manualClock } from '../support/clock.ts';

const policy = compilePolicy({
  required: ['a'],
  tools: [
    { match: 'named', scopes: [] },
    { annotations: { readOnlyHint: true }, scopes: [] },
  ],
});
const reading: ToolHints = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: true,
};

function principal(subject: string): Principal {
  const scopes = new Set(['a']);
  return { issuer: 'i', subject, clientId: null, scopes, expiresAt: 0, claims: {} };
}

function calling(tool: string, subject = 'alice', session: string | null = null): ToolCall {
  return {
    request: new Request('http://localhost/mcp', { method: 'POST' }),
    principal: principal(subject),
    message: read(request('tools/call', JSON.stringify({ name: tool }))),
    revision: null,
    session,
    transport: {},
  };
}

function memory() {
  const clock = manualClock();
  const describeTools = vi.fn<DescribeTools>(async () => new Map([['look', reading]]));
  return { clock, describeTools, hints: createToolHints(policy, clock, describeTools) };
}

describe('createToolHints', () => {
  it('asks once for a minute, also of what the list does not have', async () => {
    const { clock, describeTools, hints } = memory();
    expect((await hints.learn(calling('look')))?.('look')).toEqual(reading);
    expect((await hints.learn(calling('drop')))?.('drop')).toBeNull();
    clock.advance(59_999);
    await hints.learn(calling('look'));
    expect(describeTools).toHaveBeenCalledTimes(1);
    clock.advance(1);
    await hints.learn(calling('look'));
    expect(describeTools).toHaveBeenCalledTimes(2);
  });

  it('asks once for all calls that come meanwhile', async () => {
    const { describeTools, hints } = memory();
    await Promise.all(Array.from({ length: 20 }, () => hints.learn(calling('look'))));
    expect(describeTools).toHaveBeenCalledTimes(1);
  });

  it('asks again after a failure, which refuses the call', async () => {
    const { describeTools, hints } = memory();
    describeTools.mockRejectedValueOnce(new Error('down'));
    await expect(hints.learn(calling('look'))).rejects.toThrow('down');
    expect((await hints.learn(calling('look')))?.('look')).toEqual(reading);
  });

  it('believes for nobody what another user or session was told', async () => {
    const { describeTools, hints } = memory();
    await hints.learn(calling('look'));
    await hints.learn(calling('look', 'bob'));
    await hints.learn(calling('look', 'alice', 's1'));
    await hints.learn(calling('look', 'alice', 's2'));
    expect(describeTools).toHaveBeenCalledTimes(4);
  });

  it('asks nothing for what the rules decide without', async () => {
    const { describeTools, hints } = memory();
    const { message, ...stream } = calling('look');
    const poor = { ...calling('look'), principal: { ...principal('alice'), scopes: new Set('b') } };
    expect(await hints.learn(calling('named'))).toBeUndefined();
    expect(await hints.learn(poor)).toBeUndefined();
    expect(await hints.learn({ ...stream, message: null })).toBeUndefined();
    expect(
      await hints.learn({ ...stream, message: read(request('tools/list', '{}')) }),
    ).toBeUndefined();
    expect(describeTools).not.toHaveBeenCalled();
  });

  it('learns from lists that pass, until the server says that its tools have changed', async () => {
    const { describeTools, hints } = memory();
    const caller = callerKey(principal('alice'), null);
    hints.note(caller, 'seen', reading);
    expect((await hints.learn(calling('seen')))?.('seen')).toEqual(reading);
    expect(describeTools).not.toHaveBeenCalled();
    hints.note(caller, 'seen', { ...reading, readOnlyHint: false });
    expect((await hints.learn(calling('seen')))?.('seen')?.readOnlyHint).toBe(false);
    hints.forget();
    expect((await hints.learn(calling('seen')))?.('seen')).toBeNull();
    expect(describeTools).toHaveBeenCalledTimes(1);
  });

  it('remembers nothing that was asked before the server said so', async () => {
    const { describeTools, hints } = memory();
    let tell = (_tools: ReadonlyMap<string, ToolHints>): void => {};
    describeTools.mockReturnValueOnce(new Promise((resolve) => (tell = resolve)));
    const before = hints.learn(calling('look'));
    hints.forget();
    const writes = { ...reading, readOnlyHint: false };
    describeTools.mockResolvedValueOnce(new Map([['look', writes]]));
    const meanwhile = hints.learn(calling('look'));
    expect((await meanwhile)?.('look')).toEqual(writes);
    tell(new Map([['look', reading]]));
    await before;
    expect((await hints.learn(calling('look')))?.('look')).toEqual(writes);
    expect(describeTools).toHaveBeenCalledTimes(2);
  });

  it('does without where nobody can be asked', async () => {
    const hints = createToolHints(policy, manualClock(), null);
    expect((await hints.learn(calling('look')))?.('look')).toBeNull();
    hints.note(callerKey(principal('alice'), null), 'look', reading);
    expect((await hints.learn(calling('look')))?.('look')).toEqual(reading);
  });

  it('forgets the oldest of more than 500 callers', async () => {
    const { describeTools, hints } = memory();
    for (let count = 0; count <= 500; count++) await hints.learn(calling('look', `user-${count}`));
    await hints.learn(calling('look', 'user-1'));
    expect(describeTools).toHaveBeenCalledTimes(501);
    await hints.learn(calling('look', 'user-0'));
    expect(describeTools).toHaveBeenCalledTimes(502);
  });

  it('keeps at most 10,000 tools of lists that pass', async () => {
    const hints = createToolHints(policy, manualClock(), null);
    const caller = callerKey(principal('alice'), null);
    for (let count = 0; count <= 10_000; count++) hints.note(caller, `t${count}`, reading);
    expect((await hints.learn(calling('t9999')))?.('t9999')).toEqual(reading);
    expect((await hints.learn(calling('t10000')))?.('t10000')).toBeNull();
  });
});
