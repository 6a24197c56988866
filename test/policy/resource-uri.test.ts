import { describe, expect, it } from 'vitest';
import { isPlainUri, uriReadings } from '../../src/policy/resource-uri.ts';
import { bestMs, farFromLinearMs } from '../support/duration.ts';

describe('isPlainUri', () => {
  it.each([
    'file:///public/a.txt',
    'file:///public/.well-known/x',
    'file:///a/..b/b../...',
    'https://example.com/a%20b?c=%C3%A9#d.e',
    'https://example.com/?next=a..b',
    'notes://1.2.3',
    'repo://owner/name@v1.0.',
    'urn:isbn:0451450523',
    'demo://resource/%7Bid%7D/~user/%25',
    'data:text/plain,é',
  ])('takes %j', (uri) => {
    expect(isPlainUri(uri)).toBe(true);
  });

  it.each([
    ['a parent segment', 'file:///public/../secret'],
    ['a parent segment at the end', 'file:///public/..'],
    ['a parent segment before a query', 'file:///public/..?x'],
    ['a parent segment before a fragment', 'file:///public/..#x'],
    ['a parent segment with a path parameter', 'file:///public/..;x/secret'],
    ['a parent segment at the start', '../secret'],
    ['a parent segment after the scheme', 'file:../secret'],
    ['a parent segment as authority', 'file://../secret'],
    ['a segment of one dot', 'file:///public/./secret'],
    ['an encoded dot', 'file:///public/%2e%2e/secret'],
    ['an encoded dot in capitals', 'file:///public/.%2E/secret'],
    ['a dot encoded twice', 'file:///public/%252e%252e/secret'],
    ['a dot encoded three times', 'file:///public/%25252e./secret'],
    ['an encoded slash', 'file:///public/..%2Fsecret'],
    ['an encoded backslash', 'file:///public/..%5csecret'],
    ['a backslash', 'file:///public/..\\secret'],
    ['an encoded letter', 'file:///%70rivate/x'],
    ['an encoded capital letter', 'file:///%5A'],
    ['an encoded digit', 'file:///%39'],
    ['an encoded underscore', 'file:///my%5Fsecret'],
    ['an encoded hyphen', 'file:///my%2dsecret'],
    ['an encoded tilde', 'file:///%7Eroot'],
    ['an encoded line feed', 'file:///a%0ab'],
    ['an encoded DEL', 'file:///a%7fb'],
    ['an encoded NUL', 'file:///public/secret%00.txt'],
    ['a NUL', 'file:///public/secret\0.txt'],
    ['a tab that URL parsers drop', 'file:///public/.\t./secret'],
    ['a line break', 'file:///public/\n../secret'],
    ['a space', 'file:///public/a b'],
    ['a no-break space', 'file:///public/\u00a0'],
    ['a delete character', 'file:///public/\u007f'],
  ])('refuses %s', (_what, uri) => {
    expect(isPlainUri(uri)).toBe(false);
  });

  it.each(['./', '/.', ':.', '%25', '%', '..'])('takes no time over 50 KB of %j', (piece) => {
    const uri = `a${piece.repeat(50_000 / piece.length)}a`;
    expect(bestMs(() => isPlainUri(uri))).toBeLessThan(farFromLinearMs);
  });
});

describe('uriReadings', () => {
  it.each(['a', '.', 'a.%', '{a'])('takes no time over 80 KB of %j after a brace', (piece) => {
    const uri = `file:///{${piece.repeat(80_000 / piece.length)}`;
    expect(bestMs(() => uriReadings(uri))).toBeLessThan(farFromLinearMs);
  });

  it.each([
    'file:///public/a.txt',
    'demo://resource/dynamic/text/1',
    'notes://All',
    'urn:ISBN:0451450523',
    'https://example.com/a%20b?c=%C3%A9#d',
    'no URI at all',
    'file:///{+path}',
    'demo://{tenant}/text/{resourceId}{?a,b*}',
    'https://{host}.example.com/{a:3}',
  ])('has one of %j', (uri) => {
    expect(uriReadings(uri)).toEqual([uri]);
  });

  it.each([
    ['FILE:///secret', 'file:///secret'],
    ['file://localhost/secret', 'file:///secret'],
    ['file:/secret', 'file:///secret'],
    ['https://example.com', 'https://example.com/'],
    ['https://EXAMPLE.com:443/a', 'https://example.com/a'],
    ['http://0x7f.1/a', 'http://127.0.0.1/a'],
    ['x://h/\u00e9', 'x://h/%C3%A9'],
    ['FILE:///secret/{id}', 'file:///secret/{id}'],
    ['FILE:///a/{not an expression}', 'file:///a/%7Bnot%20an%20expression%7D'],
    [
      'FILE:///X-expression-of-a-template-x/{b}/x-expression-of-a-template-x',
      'file:///X-expression-of-a-template-x/{b}/x-expression-of-a-template-x',
    ],
  ])('has two of %j', (uri, parsed) => {
    expect(uriReadings(uri)).toEqual([uri, parsed]);
  });
});
