import { describe, expect, it } from 'vitest';
import { expectNoToken } from '../support/expectations.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One session as its client sees it. Every request brings a token of its own. */
export interface Session {
  /** Sends one message into the session. */
  post(token: string, message: object): Promise<Response>;
  /** Opens the server's event stream; the head is enough. */
  stream(token: string): Promise<Response>;
  /** Ends the session. */
  end(token: string): Promise<Response>;
}

/** A gateway, an MCP server behind it, and two issuers that both know an alice. */
export interface SessionRig {
  /** Opens a session of a server that speaks MCP 2025-11-25, and the tools `read` and `write`. */
  open(token: string): Promise<Session>;
  /** A session by a name that somebody made up. */
  named(id: string): Session;
  /** A token of the first issuer: alice, every scope, unless told otherwise. */
  mint(claims?: Fields): Promise<string>;
  /** A token of the second issuer. */
  mintForeign(claims?: Fields): Promise<string>;
  /** How many messages, streams and ends have reached the server. */
  reached(): number;
  log(): string;
}

export interface SessionContract {
  readonly rig: () => SessionRig;
  /** What `write` needs; a token of `narrow` may only `read`. */
  readonly narrow: string;
  /** Ids that are none here. */
  readonly malformed: readonly string[];
  /** What the transport has no request for; every one unless given. */
  readonly lacks?: readonly Way[];
}

let lastId = 0;

export function toolCall(name: string): { readonly id: number } & Fields {
  lastId += 1;
  return { jsonrpc: '2.0', id: lastId, method: 'tools/call', params: { name, arguments: {} } };
}

const ways = {
  'a call': (session: Session, token: string) => session.post(token, toolCall('read')),
  'a notification': (session: Session, token: string) =>
    session.post(token, { jsonrpc: '2.0', method: 'notifications/initialized' }),
  'an answer to the server': (session: Session, token: string) =>
    session.post(token, { jsonrpc: '2.0', id: 'of-the-server', result: {} }),
  'the stream': (session: Session, token: string) => session.stream(token),
  'the end': (session: Session, token: string) => session.end(token),
};
type Way = keyof typeof ways;

/** What holds for sessions on every transport to the MCP server. */
export function sessionContract(name: string, contract: SessionContract): void {
  const { narrow, malformed, lacks = [] } = contract;
  const own = Object.entries(ways).filter(([way]) => !lacks.some((lacking) => lacking === way));

  async function expectUnknown(send: () => Promise<Response>): Promise<void> {
    const { reached } = contract.rig();
    const before = reached();
    const response = await send();
    const text = await response.text();
    expect(response.status, text).toBe(404);
    expect(text).toContain('Session not found.');
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(reached()).toBe(before);
  }

  describe(`a session on ${name}`, () => {
    it('serves who opened it, with a new token from another client too', async () => {
      const { open, mint } = contract.rig();
      const session = await open(await mint());
      const refreshed = await mint({ client_id: 'registered-anew' });
      const message = toolCall('read');
      const response = await session.post(refreshed, message);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain(`"id":${message.id}`);
    });

    describe.each(own)('by %s', (_way, send) => {
      it.each<[string, (rig: SessionRig) => Promise<string>]>([
        ['another subject', (rig) => rig.mint({ sub: 'bob' })],
        ['a subject that differs in case', (rig) => rig.mint({ sub: 'Alice' })],
        [
          'a client that is called like the subject',
          (rig) => rig.mint({ sub: undefined, client_id: 'alice' }),
        ],
        ['the same subject of another issuer', (rig) => rig.mintForeign()],
      ])('does not exist for %s, and its owner goes on', async (_who, other) => {
        const rig = contract.rig();
        const owner = await rig.mint();
        const session = await rig.open(owner);
        const stranger = await other(rig);
        await expectUnknown(() => send(session, stranger));
        expect((await session.post(owner, toolCall('read'))).status).toBe(200);
        expectNoToken(rig.log(), stranger);
      });

      it('does not exist where nobody opened it', async () => {
        const { named, mint } = contract.rig();
        const token = await mint();
        await expectUnknown(() => send(named('0f8fad5b-d9cb-469f-a165-70867728950e'), token));
      });

      it('does not exist once its owner has ended it', async () => {
        const { open, mint } = contract.rig();
        const token = await mint();
        const session = await open(token);
        const ended = await session.end(token);
        expect(ended.ok).toBe(true);
        await expectUnknown(() => send(session, token));
      });
    });

    it.each(malformed)('is not called %j', async (id) => {
      const { named, mint } = contract.rig();
      const token = await mint();
      await expectUnknown(() => named(id).post(token, toolCall('read')));
    });

    it('is worth nothing without a token of its own right', async () => {
      const { open, mint, reached } = contract.rig();
      const session = await open(await mint());
      const expired = await mint({ exp: Math.floor(Date.now() / 1_000) - 3_600 });
      const before = reached();
      for (const token of ['not-a-token', expired]) {
        for (const [, send] of own) {
          expect((await send(session, token)).status).toBe(401);
        }
      }
      expect(reached()).toBe(before);
    });

    it('has the scopes of the token at hand, fewer or more than those it began with', async () => {
      const { open, mint, reached } = contract.rig();
      const [wide, weak] = [await mint(), await mint({ scope: narrow })];
      const session = await open(wide);
      const before = reached();
      expect((await session.post(weak, toolCall('write'))).status).toBe(403);
      expect(reached()).toBe(before);
      expect((await session.post(weak, toolCall('read'))).status).toBe(200);
      expect((await session.post(wide, toolCall('write'))).status).toBe(200);
    });
  });
}
