import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { answerOf, contentOf, messagesOf, openSession, sendModern } from '../support/mcp-wire.ts';
import { isAlive, pidsOf } from '../support/processes.ts';
import { type FrontOptions, type StdioFront, startStdioFront } from '../support/stdio-front.ts';
import { waiting } from '../support/waiting.ts';

const fronts: StdioFront[] = [];
const callOf = (name: string, args = {}) => ({ name, arguments: args });

async function start(options?: FrontOptions): Promise<StdioFront> {
  const front = await startStdioFront(options);
  fronts.push(front);
  return front;
}

afterEach(async () => {
  for (const front of fronts.splice(0)) await front.close();
});

async function received(url: string): Promise<readonly Record<string, unknown>[]> {
  const answer = await answerOf(await sendModern(url, 'tools/call', callOf('received')));
  return (contentOf(answer).received as string[]).map((line) => JSON.parse(line));
}

describe.each(['earlier', 'modern'])(
  'a client of MCP 2026-07-28 before a child that speaks %s',
  (mode) => {
    it('discovers it, and gets results whole', async () => {
      const { url } = await start({ mode });
      const discovered = await answerOf(await sendModern(url, 'server/discover'));
      expect(discovered.result).toMatchObject({
        supportedVersions: ['2026-07-28'],
        capabilities: { tools: { listChanged: true } },
      });
      const response = await sendModern(url, 'tools/call', callOf('echo', { a: 1 }), { id: 'x' });
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(response.headers.get('mcp-session-id')).toBeNull();
      expect(await response.json()).toMatchObject({
        id: 'x',
        result: {
          resultType: 'complete',
          structuredContent: { a: 1 },
          unknownToSchemas: { kept: true },
        },
      });
    });

    it('has to repeat an argument in the header that its tool declares', async () => {
      const { url } = await start({ mode });
      const call = callOf('echo', { region: 'eu' });
      const refused = await sendModern(url, 'tools/call', call);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ refused: 'header_mismatch' });
      const headers = { 'Mcp-Param-Zone': 'eu' };
      const answer = await answerOf(await sendModern(url, 'tools/call', call, { headers }));
      expect(contentOf(answer)).toEqual({ region: 'eu' });
      const seen = (await received(url)).filter(({ method }) => method === 'tools/call');
      expect(seen).toHaveLength(2);
    });

    it('gets numbers as they are, both ways', async () => {
      const { url } = await start({ mode });
      const exact = await sendModern(url, 'tools/call', callOf('exact'));
      expect(await exact.text()).toContain('"n":12345678901234567890');
      const call = callOf('echo', { big: 'BIG' });
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'echo',
      };
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      };
      const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { ...call, _meta } };
      const body = JSON.stringify(message).replace('"BIG"', '98765432109876543210');
      await (await fetch(url, { method: 'POST', headers, body })).text();
      const lines = await answerOf(await sendModern(url, 'tools/call', callOf('received')));
      expect(JSON.stringify(contentOf(lines).received)).toContain('98765432109876543210');
    });

    it('shares one child among its own requests, whatever their ids, and with nobody else', async () => {
      const { url } = await start({ mode });
      const whoami = async (user: string) =>
        pidsOf(
          await answerOf(
            await sendModern(url, 'tools/call', callOf('whoami'), { headers: { 'x-user': user } }),
          ),
        );
      const [alice, again, bob] = await Promise.all(['alice', 'alice', 'bob'].map(whoami));
      expect(alice).toEqual(again);
      expect(alice).not.toEqual(bob);
      const echoes = Array.from({ length: 50 }, (_, n) =>
        sendModern(url, 'tools/call', callOf('echo', { n })).then(answerOf),
      );
      const answers = await Promise.all(echoes);
      expect(answers.map((answer) => contentOf(answer).n)).toEqual(answers.map((_, n) => n));
    });

    it('gets the progress of its own request, under its own token', async () => {
      const { url } = await start({ mode });
      const params = { ...callOf('progresses'), _meta: { progressToken: 'mine' } };
      const ask = async () =>
        messagesOf(await (await sendModern(url, 'tools/call', params)).text());
      for (const [progress, answer] of await Promise.all([ask(), ask()])) {
        expect(progress).toMatchObject({
          method: 'notifications/progress',
          params: { progressToken: 'mine', progress: 1 },
        });
        expect(answer?.id).toBe(1);
      }
    });

    it('cancels a request by going away', async () => {
      const { url } = await start({ mode });
      await (await sendModern(url, 'tools/list')).text();
      const leave = new AbortController();
      const options = { id: 'gone', signal: leave.signal };
      const hanging = sendModern(url, 'tools/call', callOf('hang'), options);
      hanging.catch(() => {});
      const seen = async (method: string, name?: string) =>
        (await received(url)).find(
          (line) =>
            line.method === method &&
            (name === undefined || (line.params as { name: string }).name === name),
        );
      const call = await vi.waitUntil(() => seen('tools/call', 'hang'), waiting);
      leave.abort();
      const cancelled = await vi.waitUntil(() => seen('notifications/cancelled'), waiting);
      expect(cancelled.params).toEqual({ requestId: call.id });
    });

    it('gets the errors of the server, with the status that the protocol has for them', async () => {
      const { url } = await start({ mode });
      const response = await sendModern(url, 'prompts/list');
      expect(response.status).toBe(404);
      expect((await answerOf(response)).error).toEqual({
        code: -32601,
        message: 'Method not found',
        data: { method: 'prompts/list' },
      });
    });

    it('gets an error when the child ends, and a new child the next time', async () => {
      const { url } = await start({ mode });
      const call = callOf('whoami');
      const [pid = 0] = pidsOf(await answerOf(await sendModern(url, 'tools/call', call)));
      const died = await answerOf(await sendModern(url, 'tools/call', callOf('die')));
      expect(died.error).toEqual({ code: -32603, message: 'The MCP server has ended.' });
      const [next = 0] = pidsOf(await answerOf(await sendModern(url, 'tools/call', call)));
      expect(next).not.toBe(pid);
      expect(isAlive(pid)).toBe(false);
    });

    it('has no sessions to open a stream for or to end', async () => {
      const { url, log } = await start({ mode, program: '/nowhere' });
      const headers = { 'mcp-protocol-version': '2026-07-28', accept: 'text/event-stream' };
      expect((await fetch(url, { headers })).status).toBe(405);
      expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(405);
      expect(log).toEqual([]);
    });
  },
);

describe('a subscription of MCP 2026-07-28 before a child of an earlier revision', () => {
  it('tells of changed lists and watched resources', async () => {
    const { url } = await start();
    const notifications = { toolsListChanged: true, resourceSubscriptions: ['test://watched'] };
    const stream = await sendModern(url, 'subscriptions/listen', { notifications }, { id: 'sub' });
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const seen = async (part: string) => {
      while (!text.includes(part)) text += (await reader?.read())?.value ?? '';
    };
    await seen('notifications/subscriptions/acknowledged');
    await (await sendModern(url, 'tools/call', callOf('changes'))).text();
    await seen('notifications/resources/updated');
    expect(messagesOf(text).map(({ method }) => method)).toEqual([
      'notifications/subscriptions/acknowledged',
      'notifications/tools/list_changed',
      'notifications/resources/updated',
    ]);
    await reader?.cancel();
  });
});

describe('a child of an earlier revision that is asked to watch ever more', () => {
  it('watches the newest thousand', async () => {
    const { url } = await start();
    const listen = async (uris: readonly string[]) => {
      const params = { notifications: { resourceSubscriptions: uris } };
      await (await sendModern(url, 'subscriptions/listen', params)).body?.cancel();
    };
    await listen(Array.from({ length: 1_000 }, (_, at) => `test://${at}`));
    await listen(['test://more']);
    const answer = await answerOf(await sendModern(url, 'tools/call', callOf('received')));
    const lines = (contentOf(answer).received as string[]).map((line) => JSON.parse(line));
    const about = lines.filter(({ method }) => method === 'resources/unsubscribe');
    expect(about.map(({ params }) => params)).toEqual([{ uri: 'test://0' }]);
  });
});

describe('a child of an earlier revision that names a resource by what is no text', () => {
  it('is heard all the same, and ends nobody by it', async () => {
    const { url } = await start();
    const params = { uri: { valueOf: 1, toString: 1 } };
    const lines = [
      JSON.stringify({ jsonrpc: '2.0', method: 'notifications/resources/updated', params }),
    ];
    const said = await sendModern(url, 'tools/call', callOf('says', { lines }));
    expect((await answerOf(said)).error).toBeUndefined();
  });
});

describe('a child that does not survive the question what it speaks', () => {
  it('is started once more, and its successors are not asked again', async () => {
    const { url } = await start({ mode: 'fragile' });
    for (const user of ['alice', 'bob']) {
      const options = { headers: { 'x-user': user } };
      const answer = await answerOf(
        await sendModern(url, 'tools/call', callOf('received'), options),
      );
      const [first = ''] = contentOf(answer).received as string[];
      expect(JSON.parse(first).method).toBe('initialize');
    }
  });
});

describe('a child on SDK v2', () => {
  const args = [fileURLToPath(new URL('../support/stdio-v2-server.mjs', import.meta.url))];

  it('is heard by subscribers under the ids that they gave', async () => {
    const { url } = await start({ args });
    const notifications = { toolsListChanged: true };
    const listen = async (id: string) => {
      const stream = await sendModern(url, 'subscriptions/listen', { notifications }, { id });
      return stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    };
    const readers = await Promise.all(['one', 'two'].map(listen));
    const call = callOf('grow', { name: 'leaf' });
    const grown = await answerOf(await sendModern(url, 'tools/call', call));
    expect(grown.result).toMatchObject({ content: [{ type: 'text', text: 'grown leaf' }] });
    for (const [index, reader] of readers.entries()) {
      let text = '';
      while (!text.includes('list_changed')) text += (await reader?.read())?.value ?? '';
      const id = ['one', 'two'][index];
      expect(messagesOf(text)).toMatchObject([
        { params: { _meta: { 'io.modelcontextprotocol/subscriptionId': id } } },
        { params: { _meta: { 'io.modelcontextprotocol/subscriptionId': id } } },
      ]);
      await reader?.cancel();
    }
  });

  it('can ask its client for more, and knows what its client can do', async () => {
    const { url } = await start({ args });
    const _meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
    const asked = await answerOf(await sendModern(url, 'tools/call', { ...callOf('ask'), _meta }));
    expect(asked.result).toMatchObject({
      resultType: 'input_required',
      requestState: 'state',
      inputRequests: { name: { method: 'elicitation/create' } },
    });
    const refused = await sendModern(url, 'tools/call', callOf('ask'));
    expect(refused.status).toBe(400);
    expect((await answerOf(refused)).error?.code).toBe(-32021);
  });

  it('serves sessions of earlier revisions as well', async () => {
    const { url } = await start({ args });
    const session = await openSession(url);
    const grown = await session.call('grow', { name: 'leaf' });
    expect(grown.result).toMatchObject({ content: [{ type: 'text', text: 'grown leaf' }] });
  });
});
