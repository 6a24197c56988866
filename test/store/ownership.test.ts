import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/core/ports.ts';
import type { Principal } from '../../src/core/types.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createOwnership, type Ownership, ownerOf } from '../../src/store/ownership.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { principal } from '../support/principal.ts';

const alice = principal();
const bob = principal({ subject: 'bob' });
const resource = 'https://mcp.example/mcp';
const lifeSeconds = 1_000;

let clock: ManualClock;
let store: Store;
let written: string[];
let owners: Ownership;

function ownership(more: Partial<Parameters<typeof createOwnership>[0]> = {}): Ownership {
  const digest = (text: string): string => `<${Buffer.from(text).toString('base64')}>`;
  return createOwnership({ kind: 'session', resource, lifeSeconds, clock, digest, store, ...more });
}

beforeEach(() => {
  clock = manualClock();
  const memory = createMemoryStore(clock);
  written = [];
  store = {
    ...memory,
    set: (key, value, ttl) => {
      written.push(`${key} ${value}`);
      return memory.set(key, value, ttl);
    },
  };
  owners = ownership();
});

describe('a handle', () => {
  it('is its owner’s alone, once it was given out', async () => {
    expect(await owners.owns('s-1', alice)).toBe(false);
    expect(await owners.claim('s-1', alice)).toBe(true);
    expect(await owners.owns('s-1', alice)).toBe(true);
    expect(await owners.owns('s-1', bob)).toBe(false);
    expect(await owners.owns('S-1', alice)).toBe(false);
  });

  it.each<[string, Partial<Principal>]>([
    ['another token and client', { clientId: 'registered-anew', claims: { jti: '2' } }],
    ['fewer scopes', { scopes: new Set(['mcp:access']) }],
  ])('stays the same principal’s with %s', async (_, more) => {
    await owners.claim('s-1', alice);
    expect(await owners.owns('s-1', principal(more))).toBe(true);
  });

  it.each<[string, Partial<Principal>]>([
    ['issuer', { issuer: 'https://other.example' }],
    ['subject, by letter case', { subject: 'Alice' }],
    ['kind of name: a client called as the subject', { subject: null, clientId: 'alice' }],
    ['kind of name: nothing at all', { subject: null, clientId: null }],
    ['way to cut one text in two', { issuer: 'https://idp.example/realms', subject: 'mcp alice' }],
  ])('is not that of another %s', async (_, more) => {
    await owners.claim('s-1', alice);
    expect(await owners.owns('s-1', principal(more))).toBe(false);
  });

  it('that the server gives to somebody else too belongs to nobody', async () => {
    await owners.claim('s-1', alice);
    expect(await owners.claim('s-1', bob)).toBe(false);
    expect(await owners.owns('s-1', alice)).toBe(false);
    expect(await owners.owns('s-1', bob)).toBe(false);
    expect(await owners.claim('s-1', bob)).toBe(true);
  });

  it('may be given to its owner again', async () => {
    await owners.claim('s-1', alice);
    expect(await owners.claim('s-1', alice)).toBe(true);
  });

  it('is forgotten when it is released', async () => {
    await owners.claim('s-1', alice);
    await owners.release('s-1');
    expect(await owners.owns('s-1', alice)).toBe(false);
  });

  it('is nothing at another server, and no handle of another kind', async () => {
    await owners.claim('s-1', alice);
    const elsewhere = ownership({ resource: 'https://mcp.example/other' });
    expect(await elsewhere.owns('s-1', alice)).toBe(false);
    expect(await ownership({ kind: 'task' }).owns('s-1', alice)).toBe(false);
  });

  it('lives as long as somebody asks for it, with few writes', async () => {
    await owners.claim('s-1', alice);
    for (let use = 0; use < 40; use++) {
      clock.advance(50_000);
      expect(await owners.owns('s-1', alice)).toBe(true);
    }
    expect(written.length).toBeLessThan(20);
    clock.advance(lifeSeconds * 1_000);
    expect(await owners.owns('s-1', alice)).toBe(false);
  });

  it('is not kept alive by others', async () => {
    await owners.claim('s-1', alice);
    clock.advance(900_000);
    await owners.owns('s-1', bob);
    clock.advance(100_000);
    expect(await owners.owns('s-1', alice)).toBe(false);
  });

  it('and its owner are in the store as digests only', async () => {
    await owners.claim('secret-handle', alice);
    expect(written).toHaveLength(1);
    expect(written[0]).not.toMatch(/secret-handle|alice|idp\.example/);
  });

  it.each(['claim', 'owns', 'release'] as const)(
    'makes an outage of the store known at %s',
    async (method) => {
      const down = async (): Promise<never> => {
        throw new Error('down');
      };
      const lost = ownership({ store: { ...store, get: down, set: down, delete: down } });
      await expect(lost[method]('s-1', alice)).rejects.toMatchObject({
        code: 'issuer_unavailable',
      });
    },
  );
});

describe('ownerOf', () => {
  it('knows no owner for a token that names neither subject nor client', async () => {
    const nobody = principal({ subject: null, clientId: null });
    expect(ownerOf(nobody)).toBeNull();
    expect(await owners.claim('s-1', nobody)).toBe(false);
  });

  it('takes everybody for the same nobody where there is no protection', () => {
    expect(ownerOf(principal({ issuer: '', subject: null, clientId: null }))).not.toBeNull();
  });
});
