import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import { readCredential } from '../../src/http/credential.ts';

const readBearer = (value: string | null) => readCredential(value, ['bearer']);
const readBoth = (value: string | null) => readCredential(value, ['bearer', 'dpop']);

describe('readCredential, where only Bearer is accepted', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER abc', 'abc'],
    ['Bearer  abc', 'abc'],
    ['Bearer a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
    [' Bearer abc ', 'abc'],
  ])('reads the token of %j', (value, token) => {
    expect(readBearer(value)).toEqual({ scheme: 'bearer', token });
  });

  it.each([
    [null],
    [''],
    ['   '],
    ['Bearer'],
    ['Bearer '],
    ['bearer'],
    ['Basic dXNlcjpwYXNz'],
    ['Digest username="a", realm="b"'],
    ['ApiKey abc'],
    ['DPoP abc'],
    ['BearerToken abc'],
    ['eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln'],
  ])('finds no bearer credential in %j', (value) => {
    expect(readBearer(value)).toBeNull();
  });

  it.each([
    ['a tab as separator', 'Bearer\tabc'],
    ['a colon', 'Bearer:abc'],
    ['a comma', 'Bearer,abc'],
    ['quotes', 'Bearer "abc"'],
    ['a second word', 'Bearer abc def'],
    ['a parameter', 'Bearer abc;def'],
    ['padding inside', 'Bearer a=b'],
    ['padding alone', 'Bearer =='],
    ['a non-ASCII letter', 'Bearer abcé'],
    ['two tokens', 'Bearer a, Bearer b'],
    ['the same token twice', 'Bearer a, Bearer a'],
    ['another scheme after it', 'Bearer a, Basic b'],
    ['another scheme before it', 'Basic b, Bearer a'],
    ['another scheme before it, in other case', 'Basic b,bearer a'],
  ])('refuses %s', (_, value) => {
    expect(() => readBearer(value)).toThrow(
      expect.objectContaining({ code: 'authorization_malformed' }),
    );
  });

  it('gives a token, nothing, or authorization_malformed for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const token = readBoth(text)?.token ?? null;
          expect(token === null || /^[A-Za-z0-9\-._~+/]+=*$/.test(token)).toBe(true);
        } catch (error) {
          expect((error as DoormanError).code).toBe('authorization_malformed');
        }
      }),
    );
  });

  it('reads back every token68', () => {
    const token68 = fc.stringMatching(/^[A-Za-z0-9\-._~+/]{1,80}={0,2}$/);
    fc.assert(
      fc.property(token68, (token) => {
        expect(readBoth(`Bearer ${token}`)).toEqual({ scheme: 'bearer', token });
        expect(readBoth(`DPoP ${token}`)).toEqual({ scheme: 'dpop', token });
      }),
    );
  });

  it('decides in linear time on hostile input', () => {
    const value = `Bearer ${'a'.repeat(500_000)}=,`;
    expect(() => readBearer(value)).toThrow(DoormanError);
  });
});

describe('readCredential, where DPoP is accepted', () => {
  it.each([
    ['DPoP abc', { scheme: 'dpop', token: 'abc' }],
    ['dpop  abc', { scheme: 'dpop', token: 'abc' }],
    ['Bearer abc', { scheme: 'bearer', token: 'abc' }],
  ])('reads scheme and token of %j', (value, credential) => {
    expect(readBoth(value)).toEqual(credential);
  });

  it.each([[null], ['DPoP'], ['dpop '], ['DPoPX abc'], ['Basic abc']])(
    'finds no credential in %j',
    (value) => {
      expect(readBoth(value)).toBeNull();
    },
  );

  it.each([
    'DPoP abc, Bearer abc',
    'Bearer abc, DPoP abc',
    'DPoP abc, DPoP abc',
    'DPoP a b',
    'DPoP "abc"',
    'Basic x, dpop abc',
  ])('refuses %j', (value) => {
    expect(() => readBoth(value)).toThrow(
      expect.objectContaining({ code: 'authorization_malformed' }),
    );
  });

  it('knows no Bearer where DPoP is required', () => {
    expect(readCredential('Bearer abc', ['dpop'])).toBeNull();
    expect(readCredential('DPoP abc', ['dpop'])).toEqual({ scheme: 'dpop', token: 'abc' });
  });
});
