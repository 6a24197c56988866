import { describe, expect, it } from 'vitest';
import { PolicyDocumentError } from '../../src/policy/document.ts';
import { parseToolScopes } from '../../src/policy/short-form.ts';

function problems(text: string): readonly string[] {
  try {
    parseToolScopes(text);
  } catch (error) {
    if (error instanceof PolicyDocumentError) return error.issues.map(({ message }) => message);
    throw error;
  }
  throw new Error('the rules passed');
}

describe('parseToolScopes', () => {
  it.each([
    ['*=a', [{ match: '*', scopes: ['a'] }]],
    [
      'list_*=mcp:tools:read; *=mcp:admin mcp:x',
      [
        { match: 'list_*', scopes: ['mcp:tools:read'] },
        { match: '*', scopes: ['mcp:admin', 'mcp:x'] },
      ],
    ],
    [
      '  a  =  b\t c  ;\n d=e ; ;',
      [
        { match: 'a', scopes: ['b', 'c'] },
        { match: 'd', scopes: ['e'] },
      ],
    ],
    ['two words=a', [{ match: 'two words', scopes: ['a'] }]],
    ['__proto__=constructor', [{ match: '__proto__', scopes: ['constructor'] }]],
  ])('reads %j in order', (text, rules) => {
    expect(parseToolScopes(text)).toEqual(rules);
  });

  it.each<[string, string]>([
    ['', 'holds no rule; write pattern=scope, such as *=mcp:tools'],
    [' ; ;', 'holds no rule; write pattern=scope, such as *=mcp:tools'],
    ['list', '"list" is not of the form pattern=scope scope'],
    ['=a', '"=a" is not of the form pattern=scope scope'],
    [' = a', '"= a" is not of the form pattern=scope scope'],
    [
      'list=',
      '"list=" names no scope; a rule that needs none is written scopes: [] in a policy file',
    ],
    [
      'list=read write=admin',
      '"list=read write=admin" holds more than one "="; put a ";" between rules',
    ],
    ['a==b', '"a==b" holds more than one "="; put a ";" between rules'],
    ['a=b,c', '"a=b,c" holds a comma; put spaces between scopes'],
    [
      'a=b"c',
      '"a=b"c" is wrong: "b\\"c" is not a scope; use printable ASCII without spaces, quotes or backslashes',
    ],
    [
      'a=openid',
      '"a=openid" is wrong: openid is about the login and never permits an operation; leave it out',
    ],
  ])('refuses %j', (text, message) => {
    expect(problems(text)).toEqual([message]);
  });

  it('names every clause that is wrong, whatever is wrong with it', () => {
    expect(problems('a; b=c; d=; e=f\\; g=email email')).toEqual([
      expect.stringMatching(/^"a" is not of the form/),
      expect.stringMatching(/^"d=" names no scope/),
      expect.stringMatching(/^"e=f\\" is wrong: "f\\\\" is not a scope/),
      expect.stringMatching(/^"g=email email" is wrong: email is about .*; email is about /),
    ]);
  });
});
