import { beforeEach, describe, expect, it } from 'vitest';
import type { Operation } from '../../src/core/types.ts';
import { createTasks, type Tasks } from '../../src/guard/tasks.ts';
import { readMessage } from '../../src/mcp/message.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { manualClock } from '../support/clock.ts';
import { recordingLog } from '../support/issuer.ts';
import { principal } from '../support/principal.ts';

const alice = principal();
const bob = principal({ subject: 'bob' });
const clock = manualClock();

let log: ReturnType<typeof recordingLog>;
let store: ReturnType<typeof createMemoryStore>;
let tasks: Tasks;
beforeEach(() => {
  log = recordingLog();
  store = createMemoryStore(clock);
  const digest = (text: string): string => text;
  tasks = createTasks({ resource: 'https://mcp.example/mcp', clock, digest, store, log });
});

const message = (text: string, revision = '2025-11-25') =>
  readMessage(new TextEncoder().encode(text), revision);
const call = (params: string) =>
  message(`{"jsonrpc":"2.0","id":"call-1","method":"tools/call","params":${params}}`);
const asking = (task: string | null): Operation => ({
  kind: 'request',
  method: 'tasks/get',
  known: true,
  targets: [],
  task,
});
const created = (id: string): string =>
  `{"jsonrpc":"2.0","id":"call-1","result":{"task":{"taskId":"${id}"}}}`;
const listed = (...ids: string[]): string =>
  `{"jsonrpc":"2.0","id":1e2,"result":{"tasks":[${ids.map((id) => `{"taskId":"${id}"}`).join(',')}],"nextCursor":"c"}}`;

async function handOver(text: string, owner = alice): Promise<string | null> {
  return tasks.handOver(text, { principal: owner, message: call('{"name":"slow","task":{}}') });
}

describe('a task', () => {
  it('is that of who made it, and of nobody else', async () => {
    expect(await handOver(created('t-1'))).toBe(created('t-1'));
    await tasks.check(alice, asking('t-1'));
    await expect(tasks.check(bob, asking('t-1'))).rejects.toMatchObject({
      code: 'task_unknown',
      rpcCode: -32602,
    });
    await expect(tasks.check(alice, asking('t-2'))).rejects.toMatchObject({ code: 'task_unknown' });
  });

  it("is no matter where the revision has no such method, unless it is the principal's own", async () => {
    await handOver(created('t-1'));
    const removed = { ...asking('t-1'), method: 'tasks/result', known: false };
    await tasks.check(alice, removed);
    await expect(tasks.check(bob, removed)).rejects.toMatchObject({
      code: 'method_unknown',
      rpcCode: -32601,
    });
  });

  it('need not be named', async () => {
    await tasks.check(bob, asking(null));
  });

  it('is withheld where the server gives it to two principals', async () => {
    await handOver(created('t-1'));
    const withheld = await handOver(created('t-1'), bob);
    expect(JSON.parse(withheld ?? '')).toMatchObject({ id: 'call-1', error: { code: 502 } });
    expect(withheld).not.toContain('t-1');
    await expect(tasks.check(alice, asking('t-1'))).rejects.toMatchObject({ code: 'task_unknown' });
    expect(log.lines).toMatchObject([{ event: 'task_withheld', level: 'error' }]);
  });

  it('is withheld while the store cannot be reached', async () => {
    store.get = async () => {
      throw new Error('down');
    };
    expect(JSON.parse((await handOver(created('t-1'))) ?? '')).toMatchObject({
      error: { code: 503 },
    });
    await expect(tasks.check(alice, asking('t-1'))).rejects.toMatchObject({
      code: 'issuer_unavailable',
    });
  });
});

describe('a list of tasks', () => {
  it('shows one’s own, the rest as it was', async () => {
    await handOver(created('a'));
    await handOver(created('b'), bob);
    await handOver(created('c'));
    expect(await handOver(listed('a', 'b', 'unknown', 'c'))).toBe(listed('a', 'c'));
    expect(await handOver(listed('a', 'c'))).toBe(listed('a', 'c'));
    expect(await handOver(listed('b'))).toBe(listed());
  });

  it('that cannot be read is withheld', async () => {
    const text = '{"result":{"tasks":[],"tasks":[{"taskId":"b"}]}}';
    expect(JSON.parse((await handOver(text)) ?? '')).toMatchObject({ error: { code: 502 } });
  });
});

describe('an answer is read whole, in a session to any request', () => {
  const modern =
    '{"name":"slow","_meta":{"io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}}';

  it.each([
    ['to a call that asks for a task', call('{"name":"slow","task":{"ttl":1}}'), true],
    ['to a call that could live with one', call(modern), true],
    ['to tasks/list', message('{"jsonrpc":"2.0","id":1,"method":"tasks/list"}'), true],
    ['to any other call', call('{"name":"slow"}'), false],
    ['to any other request', message('{"jsonrpc":"2.0","id":1,"method":"tools/list"}'), false],
    ['on a stream', null, false],
  ])('%s: %s', (_, asked, expected) => {
    expect(tasks.mayHandOver({ message: asked, session: null })).toBe(expected);
    const isRequest = asked?.kind === 'request';
    expect(tasks.mayHandOver({ message: asked, session: 's-1' })).toBe(isRequest);
  });
});
