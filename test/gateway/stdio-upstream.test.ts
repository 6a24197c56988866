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

const fronts: StdioFront[] = [];
const environment = { name: 'environment', arguments: {} };

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

describe('the environment of a child', () => {
  it('has variables of its user’s own, in a session and without', async () => {
    const variables = { FILE: '/data/{principal}/{claim.team}.json' };
    const { url } = await start({ variables });
    const files: unknown[] = [];
    for (const user of ['alice', 'bob']) {
      const headers = { 'x-user': user, 'x-team': 'blue' };
      const session = await openSession(url, headers);
      const inSession = contentOf(await session.call('environment')).FILE;
      const response = await sendModern(url, 'tools/call', environment, { headers });
      expect(contentOf(await answerOf(response)).FILE).toBe(inSession);
      files.push(inSession);
    }
    expect(files[0]).toMatch(/^\/data\/[0-9a-f]{32}\/blue\.json$/);
    expect(files[1]).not.toBe(files[0]);
  });

  it('is that of the token at hand: other claims of the same user get another child', async () => {
    const { url } = await start({ variables: { FILE: '/data/{claim.team}' } });
    const withTeam = (team: string) => ({ headers: { 'x-team': team } });
    for (const team of ['blue', 'red']) {
      const response = await sendModern(url, 'tools/call', environment, withTeam(team));
      expect(contentOf(await answerOf(response)).FILE).toBe(`/data/${team}`);
    }
    const without = await sendModern(url, 'tools/call', environment);
    expect(await refusalOf(without)).toMatchObject({ status: 403, refused: 'operation_denied' });
  });

  it('does not outlive the claims that it was made of in a session', async () => {
    const { url } = await start({ variables: { FILE: '/data/{claim.team}' } });
    const session = await openSession(url, { 'x-team': 'blue' });
    const [pid = 0] = pidsOf(await session.call('whoami'));
    const ping = { jsonrpc: '2.0', id: 'p', method: 'ping' };
    const { 'x-team': _team, ...unnamed } = session.headers;
    expect(await refusalOf(await post(url, ping, unnamed))).toMatchObject({ status: 403 });
    expect((await post(url, ping, session.headers)).status).toBe(200);
    const moved = { ...session.headers, 'x-team': 'red' };
    expect((await post(url, ping, moved)).status).toBe(404);
    await vi.waitUntil(() => !isAlive(pid), { timeout: 10_000, interval: 5 });
  });

  it('holds nothing else of the gateway’s', async () => {
    process.env.MCP_OAUTH_CANARY = 'secret';
    process.env.PORT = '3000';
    try {
      const { url } = await start();
      const content = contentOf(await (await openSession(url)).call('environment'));
      expect(Object.keys(content)).not.toContain('PORT');
      expect(JSON.stringify(content)).not.toContain('secret');
    } finally {
      delete process.env.MCP_OAUTH_CANARY;
      delete process.env.PORT;
    }
  });

  it.each(['../bob', undefined])(
    'is not made of a claim that could stand for another’s: %s',
    async (team) => {
      const variables = { FILE: '/data/{claim.team}' };
      const { url, log } = await start({ variables, program: '/nowhere' });
      const headers: Record<string, string> = team === undefined ? {} : { 'x-team': team };
      const refused = { status: 403, refused: 'operation_denied' };
      expect(await refusalOf(await initialize(url, headers))).toMatchObject(refused);
      const response = await sendModern(url, 'tools/list', {}, { headers });
      expect(await refusalOf(response)).toMatchObject(refused);
      expect(log).toEqual([]);
    },
  );
});

describe('the number of children', () => {
  it('is limited for one user, whose sessions then are too many', async () => {
    const { url } = await start({ maxChildrenPerPrincipal: 1 });
    const session = await openSession(url);
    const refused = { status: 429, refused: 'sessions_exhausted', retryAfterSeconds: 30 };
    expect(await refusalOf(await initialize(url))).toMatchObject(refused);
    expect(await refusalOf(await sendModern(url, 'tools/list'))).toMatchObject(refused);
    await openSession(url, { 'x-user': 'bob' });
    expect((await session.call('echo')).error).toBeUndefined();
  });

  it('is limited in all, and then nobody gets another', async () => {
    const { url } = await start({ maxChildren: 1 });
    await openSession(url);
    const refused = { status: 503, refused: 'upstream_exhausted', retryAfterSeconds: 30 };
    expect(await refusalOf(await initialize(url, { 'x-user': 'bob' }))).toMatchObject(refused);
  });
});

describe('a child', () => {
  it('runs where it is told to', async () => {
    const { url } = await start({ cwd: '/' });
    const session = await openSession(url);
    expect(contentOf(await session.call('directory'))).toEqual({ directory: '/' });
  });
});
