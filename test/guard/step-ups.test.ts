import { beforeEach, describe, expect, it } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import type { Principal } from '../../src/core/types.ts';
import { createStepUps, type StepUps } from '../../src/guard/step-ups.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { epochMs, type ManualClock, manualClock } from '../support/clock.ts';
import { principal } from '../support/principal.ts';

const resource = 'https://mcp.example/mcp';
const now = epochMs / 1_000;
const minute = 60_000;

let clock: ManualClock;
let stepUps: StepUps;
beforeEach(() => {
  // In the middle of a second: tokens tell whole ones.
  clock = manualClock(epochMs + 700);
  const digest = (text: string): string => text;
  stepUps = createStepUps({ resource, clock, digest, store: createMemoryStore(clock) });
});

function insufficient(...needed: string[]): DoormanError {
  const detail = { needed, method: 'tools/call' };
  return new DoormanError('scope_insufficient', { detail, scopes: ['held', ...needed] });
}

/** The code that a call with this token is answered with. */
async function call(
  token: string,
  iat: number | undefined,
  { more = {}, needed = ['mcp:admin'] }: { more?: Partial<Principal>; needed?: string[] } = {},
): Promise<string> {
  const error = await stepUps.settle(
    insufficient(...needed),
    principal({ claims: { iat }, ...more }),
    token,
  );
  if (!(error instanceof DoormanError)) throw error;
  return error.code;
}

describe('a step-up', () => {
  it('is asked for again as long as the same token comes', async () => {
    expect(await call('first', now - 60)).toBe('scope_insufficient');
    expect(await call('first', now - 60)).toBe('scope_insufficient');
  });

  it.each([
    ['of the same second', now],
    ['of a later one', now + 5],
    ['without an issue time', undefined],
  ])('has been refused where a token %s still lacks the scope', async (_, iat) => {
    await call('first', now - 60);
    expect(await call('second', iat)).toBe('operation_denied');
    expect(await call('second', iat)).toBe('operation_denied');
  });

  it('has not been refused by a token that is older than the challenge', async () => {
    await call('first', now - 60);
    expect(await call('of-another-device', now - 1)).toBe('scope_insufficient');
    expect(await call('second', now)).toBe('operation_denied');
  });

  it('says that the identity provider did not grant it, and keeps what the log needs', async () => {
    await call('first', now - 60);
    const error = await stepUps.settle(
      insufficient('mcp:admin'),
      principal({ claims: { iat: now } }),
      'second',
    );
    expect(error).toMatchObject({
      code: 'operation_denied',
      message: expect.stringContaining('identity provider did not grant'),
      detail: { needed: ['mcp:admin'], method: 'tools/call' },
    });
  });

  it('may be tried again ten minutes after it was refused, whatever was called since', async () => {
    await call('first', now - 60);
    clock.advance(5 * minute);
    expect(await call('second', now + 300)).toBe('operation_denied');
    clock.advance(9 * minute);
    expect(await call('second', now + 300)).toBe('operation_denied');
    clock.advance(minute + 1);
    expect(await call('second', now + 300)).toBe('scope_insufficient');
  });

  it('is no longer open, nor refused, once the issuer has granted it to the principal', async () => {
    await call('first', now - 60);
    stepUps.permitted(principal({ scopes: new Set(['mcp:access', 'mcp:admin']) }));
    expect(await call('of a later login', now + 30)).toBe('scope_insufficient');
    expect(await call('of one more', now + 40)).toBe('operation_denied');
  });

  it('stays refused whatever else the principal may do', async () => {
    await call('first', now - 60);
    stepUps.permitted(principal({ scopes: new Set(['mcp:access']) }));
    stepUps.permitted(principal({ subject: 'bob', scopes: new Set(['mcp:admin']) }));
    expect(await call('second', now)).toBe('operation_denied');
  });

  it('ends for clients that register anew at each login, after three of them', async () => {
    const asClient = (clientId: string) => ({ more: { clientId } });
    expect(await call('first', now - 60, asClient('a'))).toBe('scope_insufficient');
    expect(await call('second', now, asClient('b'))).toBe('scope_insufficient');
    expect(await call('third', now, asClient('c'))).toBe('scope_insufficient');
    expect(await call('fourth', now, asClient('d'))).toBe('operation_denied');
    expect(await call('second', now, asClient('b'))).toBe('scope_insufficient');
  });

  it.each<[string, Parameters<typeof call>[2]]>([
    ['another client of the principal', { more: { clientId: 'another' } }],
    ['another principal', { more: { subject: 'bob' } }],
    ['the same subject of another issuer', { more: { issuer: 'https://other.example' } }],
    ['other scopes', { needed: ['mcp:admin', 'mcp:audit'] }],
  ])('is still open to %s', async (_, other) => {
    await call('first', now - 60);
    expect(await call('second', now, other)).toBe('scope_insufficient');
  });

  it('is the same in whatever order its scopes are named', async () => {
    await call('first', now - 60, { needed: ['a', 'b'] });
    expect(await call('second', now, { needed: ['b', 'a'] })).toBe('operation_denied');
  });

  it('is never taken for refused of a token that names nobody', async () => {
    const more = { subject: null, clientId: null };
    await call('first', now - 60, { more });
    expect(await call('second', now, { more })).toBe('scope_insufficient');
  });

  it('is asked for while the store cannot be reached', async () => {
    const get = async (): Promise<never> => {
      throw new Error('down');
    };
    const store = { ...createMemoryStore(clock), get };
    stepUps = createStepUps({ resource, clock, digest: (text) => text, store });
    await call('first', now - 60);
    expect(await call('second', now)).toBe('scope_insufficient');
  });
});

it.each([new DoormanError('operation_denied'), new Error('a fault')])(
  'any other error stays as it is (%s)',
  async (error) => {
    expect(await stepUps.settle(error, principal(), 'token')).toBe(error);
  },
);
