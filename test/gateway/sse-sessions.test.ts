import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Store, systemPorts } from '../../src/core/ports.ts';
import type { Principal } from '../../src/core/types.ts';
import { createSseSessions } from '../../src/gateway/sse-sessions.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { manualClock } from '../support/clock.ts';

const { digest } = systemPorts;
const alice: Principal = {
  issuer: 'https://a.example',
  subject: 'alice',
  clientId: 'client-1',
  scopes: new Set(),
  expiresAt: 0,
  claims: {},
};
const machine: Principal = { ...alice, subject: null };

function rig() {
  const clock = manualClock();
  const store = createMemoryStore(clock);
  return { clock, store, sessions: createSseSessions({ store, digest }) };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('createSseSessions', () => {
  it('finds at every replica where the messages of a stream go', async () => {
    const { sessions, store } = rig();
    const { id } = await sessions.open(alice, '/message?sessionId=1');
    expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(await createSseSessions({ store, digest }).find(alice, id)).toBe('/message?sessionId=1');
  });

  it('gives every stream an id of its own', async () => {
    const { sessions } = rig();
    const ids = await Promise.all([1, 2, 3].map(() => sessions.open(alice, '/m')));
    expect(new Set(ids.map(({ id }) => id)).size).toBe(3);
  });

  it.each([
    ['a refreshed token', alice, { ...alice, scopes: new Set(['x']), expiresAt: 9 }],
    ['another client of the same subject', alice, { ...alice, clientId: 'client-2' }],
    ['the same client without a subject', machine, { ...machine, expiresAt: 9 }],
  ])('knows its owner by %s', async (_what, owner, sender) => {
    const { sessions } = rig();
    const { id } = await sessions.open(owner, '/m');
    expect(await sessions.find(sender, id)).toBe('/m');
  });

  it.each([
    ['another subject', alice, { ...alice, subject: 'bob' }],
    ['the same subject of another issuer', alice, { ...alice, issuer: 'https://b.example' }],
    ['a token without a subject', alice, machine],
    ['another client without a subject', machine, { ...machine, clientId: 'client-2' }],
    ['a subject that is named like the client', machine, { ...machine, subject: 'client-1' }],
  ])('does not exist for %s', async (_what, owner, sender) => {
    const { sessions } = rig();
    const { id } = await sessions.open(owner, '/m');
    await expect(sessions.find(sender, id)).rejects.toMatchObject({
      code: 'session_mismatch',
      detail: { issuer: sender.issuer, subject: sender.subject },
    });
  });

  it.each(['', 'x', 'A'.repeat(22), `${'A'.repeat(21)}\n`, 'A'.repeat(10_000), '../../x'])(
    'does not know %j',
    async (id) => {
      await expect(rig().sessions.find(alice, id)).rejects.toMatchObject({
        code: 'session_mismatch',
      });
    },
  );

  it('ends with its stream', async () => {
    const { sessions } = rig();
    const session = await sessions.open(alice, '/m');
    session.close();
    await expect(sessions.find(alice, session.id)).rejects.toMatchObject({
      code: 'session_mismatch',
    });
  });

  it('lives for as long as its stream does, and is forgotten soon after its replica died', async () => {
    vi.useFakeTimers();
    const { sessions, clock } = rig();
    const { id } = await sessions.open(alice, '/m');
    for (let minute = 0; minute < 60; minute += 1) {
      clock.advance(60_000);
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect(await sessions.find(alice, id)).toBe('/m');
    clock.advance(15 * 60_000);
    await expect(sessions.find(alice, id)).rejects.toMatchObject({ code: 'session_mismatch' });
  });

  it('is nobody’s where the token tells of nobody', async () => {
    const nobody = { ...alice, subject: null, clientId: null };
    const { sessions } = rig();
    const { id } = await sessions.open(alice, '/m');
    const refused = { code: 'session_mismatch' };
    await expect(sessions.open(nobody, '/m')).rejects.toMatchObject(refused);
    await expect(sessions.find(nobody, id)).rejects.toMatchObject(refused);
  });

  it('gives neither ids nor owners away to who looks into the store', async () => {
    const { store } = rig();
    const set = vi.spyOn(store, 'set');
    const { id } = await createSseSessions({ store, digest }).open(alice, '/m');
    expect(JSON.stringify(set.mock.calls)).not.toMatch(new RegExp(`${id}|alice|a\\.example`));
  });

  it('is unavailable where the store is, and never a pass or a mismatch', async () => {
    const down = async (): Promise<never> => {
      throw new Error('down');
    };
    const store = { get: down, set: down, delete: down, increment: down, close: down } as Store;
    const sessions = createSseSessions({ store, digest });
    await expect(sessions.open(alice, '/m')).rejects.toMatchObject({ code: 'issuer_unavailable' });
    await expect(sessions.find(alice, 'A'.repeat(22))).rejects.toMatchObject({
      code: 'issuer_unavailable',
    });
  });
});
