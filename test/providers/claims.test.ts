import { describe, expect, it } from 'vitest';
import { firstString, hasForeignClaim, isUntyped, membersOf } from '../../providers/claims.ts';

describe('claims of other tokens', () => {
  it.each(['nonce', 'at_hash', 'c_hash', 'events'])('%s is one, whatever it holds', (name) => {
    expect(hasForeignClaim({ [name]: undefined })).toBe(true);
    expect(hasForeignClaim({ [name]: '' })).toBe(true);
  });

  it('are tolerated only by name', () => {
    expect(hasForeignClaim({ nonce: 'n' }, ['nonce'])).toBe(false);
    expect(hasForeignClaim({ nonce: 'n', at_hash: 'h' }, ['nonce'])).toBe(true);
    expect(hasForeignClaim({ sub: 'alice' })).toBe(false);
  });
});

describe('reading claims', () => {
  it('takes the first string that is not empty', () => {
    expect(firstString({ a: '', b: 7, c: 'x', d: 'y' }, ['a', 'b', 'c', 'd'])).toBe('x');
    expect(firstString({ a: ['x'] }, ['a', 'missing'])).toBeNull();
  });

  it.each([[null], [7], ['text'], [undefined]])('finds no members in %j', (value) => {
    expect(membersOf(value)).toEqual({});
  });

  it('calls a token untyped without typ and with JWT, and by nothing else', () => {
    expect([null, 'jwt', 'at+jwt', ''].map(isUntyped)).toEqual([true, true, false, false]);
  });
});
