import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/core/types.ts';
import { identityHeaders } from '../../src/gateway/identity-headers.ts';

const alice: Principal = {
  issuer: 'https://idp.example/realms/mcp',
  subject: 'alice',
  clientId: 'https://client.example/metadata.json',
  scopes: new Set(['mcp:read', 'mcp:write']),
  expiresAt: 0,
  claims: { email: 'alice+mcp@example.com', 'https://example.com/team': 'doors', age: 41 },
};

const told = (claim: unknown): string | undefined =>
  identityHeaders({ ...alice, claims: { it: claim } }, { 'x-it': 'claim.it' })['x-it'];

describe('identityHeaders', () => {
  it('tells who calls, for whom, and what for', () => {
    const headers = {
      'x-user': 'subject',
      'x-client': 'client',
      'x-scopes': 'scopes',
      'x-issuer': 'issuer',
      'x-email': 'claim.email',
      'x-team': 'claim.https://example.com/team',
      'x-age': 'claim.age',
    } as const;
    expect(identityHeaders(alice, headers)).toEqual({
      'x-user': 'alice',
      'x-client': 'https://client.example/metadata.json',
      'x-scopes': 'mcp:read mcp:write',
      'x-issuer': 'https://idp.example/realms/mcp',
      'x-email': 'alice+mcp@example.com',
      'x-team': 'doors',
      'x-age': '41',
    });
  });

  it.each([
    ['a missing claim', undefined],
    ['null', null],
    ['an object', { sub: 'x' }],
    ['a list that holds an object', ['a', {}]],
    ['an empty list', []],
    ['an empty text', ''],
  ])('sends no header for %s', (_what, claim) => {
    expect(told(claim)).toBeUndefined();
  });

  it('sends no header for what the token does not name', () => {
    const nobody = { ...alice, subject: null, clientId: null, scopes: new Set<string>() };
    const headers = { 'x-user': 'subject', 'x-client': 'client', 'x-scopes': 'scopes' } as const;
    expect(identityHeaders(nobody, headers)).toEqual({});
  });

  it.each(['constructor', '__proto__', 'toString'])('takes no inherited %s for a claim', (name) => {
    expect(identityHeaders(alice, { 'x-it': `claim.${name}` })).toEqual({});
  });

  it.each([
    ['Zoë Müller', 'Zo%C3%AB%20M%C3%BCller'],
    ['a\r\nX-Admin: 1', 'a%0D%0AX-Admin:%201'],
    ['\u0000\u007f', '%00%7F'],
    ['50%2C', '50%252C'],
    ['a,b', 'a%2Cb'],
    ['\u{1F44B}', '%F0%9F%91%8B'],
    [['a,b', 'c d', 3, true], 'a%2Cb,c%20d,3,true'],
    [false, 'false'],
  ])('writes %j as %s', (claim, value) => {
    expect(told(claim)).toBe(value);
  });

  it('is visible ASCII that decodes to what the token says, whatever that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (text) => {
        const value = told(text) ?? '';
        expect(value).toMatch(/^[!-+\--~]+$/);
        expect(decodeURIComponent(value)).toBe(text);
      }),
    );
  });

  it('tells two lists apart that differ', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, maxLength: 9 }), { minLength: 1 }), (list) => {
        expect(`${told(list)}`.split(',').map(decodeURIComponent)).toEqual(list);
      }),
    );
  });

  it.each([
    ['a value longer than a header may be', 'a'.repeat(4_097)],
    ['one that is longer once encoded', 'ä'.repeat(700)],
    ['half a surrogate pair', 'a\ud800'],
  ])('denies the operation rather than tell less than the token says: %s', (_what, claim) => {
    expect(() => told(claim)).toThrow(
      expect.objectContaining({
        code: 'operation_denied',
        detail: { header: 'x-it', reason: expect.any(String) },
      }),
    );
  });

  it('tells values of up to 4,096 characters', () => {
    expect(told('a'.repeat(4_096))).toHaveLength(4_096);
  });
});
