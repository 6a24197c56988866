import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import { readBearer } from '../../src/http/bearer.ts';

describe('readBearer', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER abc', 'abc'],
    ['Bearer  abc', 'abc'],
    ['Bearer a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
    [' Bearer abc ', 'abc'],
  ])('reads the token of %j', (value, token) => {
    expect(readBearer(value)).toBe(token);
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
          const token = readBearer(text);
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
        expect(readBearer(`Bearer ${token}`)).toBe(token);
      }),
    );
  });

  it('decides in linear time on hostile input', () => {
    const value = `Bearer ${'a'.repeat(500_000)}=,`;
    expect(() => readBearer(value)).toThrow(DoormanError);
  });
});
