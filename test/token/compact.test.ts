import { describe, expect, it } from 'vitest';
import { isJwtShaped, parseCompact } from '../../src/token/compact.ts';

const encode = (text: string) => Buffer.from(text).toString('base64url');
const header = encode('{"alg":"ES256"}');
const payload = encode('{"iss":"i"}');
const good = `${header}.${payload}.c2lnbmF0dXJl`;

describe('parseCompact', () => {
  it('reads header and claims of a compact JWS', () => {
    expect(parseCompact(good)).toEqual({
      token: good,
      header: { alg: 'ES256' },
      claims: { iss: 'i' },
    });
  });

  it.each([
    ['nothing', ''],
    ['an opaque token', 'ya29.opaque'],
    ['one part', header],
    ['four parts', `${good}.x`],
    ['a JWE', `${header}.${payload}.aaaa.bbbb.cccc`],
    ['an empty signature', `${header}.${payload}.`],
    ['an empty header', `.${payload}.aaaa`],
    ['an empty payload', `${header}..aaaa`],
    ['a trailing space', `${good} `],
    ['a trailing newline', `${good}\n`],
    ['a trailing CRLF', `${good}\r\n`],
    ['a leading tab', `\t${good}`],
    ['an inner space', good.replace('.', ' .')],
    ['padding', `${header}.${payload}.c2lnbmF0dXI=`],
    ['the plain base64 alphabet', `${header}.${payload}.ab+/`],
    ['a part of impossible length', `${header}.${payload}.abcde`],
    ['stray bits in a last character (mod 2)', `${header}.${payload}.aB`],
    ['stray bits in a last character (mod 3)', `${header}.${payload}.aaB`],
    ['a million dots', '.'.repeat(1_000_000)],
    ['8,193 characters', `${header}.${payload}.`.padEnd(8_193, 'A')],
    ['a header that is an array', `${encode('[]')}.${payload}.aaaa`],
    ['a header that is no JSON', `${encode('{alg}')}.${payload}.aaaa`],
    ['a repeated header name', `${encode('{"alg":"ES256","alg":"none"}')}.${payload}.aaaa`],
    ['a repeated claim name', `${header}.${encode('{"iss":"a","iss":"b"}')}.aaaa`],
    ['a payload that is a string', `${header}.${encode('"iss"')}.aaaa`],
    [
      'a payload in invalid UTF-8',
      `${header}.${Buffer.from([0x7b, 0xff]).toString('base64url')}.aaaa`,
    ],
  ])('refuses %s', (_, token) => {
    expect(() => parseCompact(token)).toThrow(expect.objectContaining({ code: 'token_malformed' }));
  });

  it('accepts canonical last characters of every part length and 8,192 characters', () => {
    for (const signature of ['aQ', 'aaE', 'aaaa'])
      expect(parseCompact(`${header}.${payload}.${signature}`).header).toEqual({ alg: 'ES256' });
    const longest = `${header}.${payload}.`.padEnd(8_192, 'A');
    const lengthOfSignature = longest.split('.')[2]?.length ?? 0;
    expect(lengthOfSignature % 4).not.toBe(1);
    expect(parseCompact(longest).token).toHaveLength(8_192);
  });
});

describe('isJwtShaped', () => {
  it.each([`${header}.${payload}.AAAA`, 'eyJ.x.y', 'e30..', 'ewo.!.?', 'eyJ.x.y.', 'eyJ.x.y..'])(
    'is true of %s',
    (token) => {
      expect(isJwtShaped(token)).toBe(true);
    },
  );

  it.each([
    '',
    'opaque',
    'a.b',
    'ya29.c.b0Aa',
    'ezz.a.b',
    'eyJ.a',
    'eyJ.a.b.c',
    'eyJ..a.b.c',
    '.eyJ.a',
  ])('is false of %j', (token) => {
    expect(isJwtShaped(token)).toBe(false);
  });
});
