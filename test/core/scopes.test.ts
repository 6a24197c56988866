import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coversScopes,
  effectiveScopes,
  isScope,
  parseScopes,
  scopeHierarchy,
  unionScopes,
} from '../../src/core/scopes.ts';

const scope = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const scopes = fc.array(scope, { maxLength: 6 });
const implications = fc.dictionary(scope, fc.array(scope, { maxLength: 3 }));

describe('isScope', () => {
  it.each(['a', '!', '#', '[', ']', '~', 'mcp:tools:read', 'https://x/y?z=1', 'a,b', '*'])(
    'takes %j',
    (text) => {
      expect(isScope(text)).toBe(true);
    },
  );

  it.each(['', ' ', 'a b', 'a\tb', 'a\n', '"', 'a"b', 'a\\b', 'é', '\0', '\x7f', 'a\u200b', 'ａ'])(
    'refuses %j',
    (text) => {
      expect(isScope(text)).toBe(false);
    },
  );
});

describe('parseScopes', () => {
  it.each<[unknown, string[]]>([
    ['read write', ['read', 'write']],
    ['readwrite', ['readwrite']],
    ['  read   write ', ['read', 'write']],
    ['read read', ['read']],
    ['READ read', ['READ', 'read']],
    ['read\twrite', []],
    ['read\nwrite x', ['x']],
    ['read "admin"', ['read']],
    ['', []],
    [
      ['read', 'write'],
      ['read', 'write'],
    ],
    [['read write', 'x'], ['x']],
    [['read', 5, null, ['admin'], { admin: true }, ''], ['read']],
    [[], []],
    [undefined, []],
    [null, []],
    [0, []],
    [true, []],
    [{ admin: true }, []],
    [{ 0: 'admin', length: 1 }, []],
    [
      ['__proto__', 'constructor'],
      ['__proto__', 'constructor'],
    ],
  ])('finds in the claim %j the scopes %j', (claim, found) => {
    expect([...parseScopes(claim)]).toEqual(found);
  });

  it('reads back what it joined, and never anything that is no scope', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parsed = parseScopes(text);
        expect([...parsed].every(isScope)).toBe(true);
        expect(parseScopes([...parsed].join(' '))).toEqual(parsed);
        expect(parseScopes([...parsed])).toEqual(parsed);
      }),
    );
  });
});

describe('unionScopes', () => {
  it('keeps the order of first appearance', () => {
    expect(unionScopes(['b', 'a'], new Set(['c', 'a']), ['b'])).toEqual(['b', 'a', 'c']);
    expect(unionScopes()).toEqual([]);
  });

  it('is idempotent, commutative and associative as a set', () => {
    fc.assert(
      fc.property(scopes, scopes, scopes, (a, b, c) => {
        expect(new Set(unionScopes(a, a))).toEqual(new Set(a));
        expect(new Set(unionScopes(a, b))).toEqual(new Set(unionScopes(b, a)));
        expect(unionScopes(unionScopes(a, b), c)).toEqual(unionScopes(a, unionScopes(b, c)));
        expect(unionScopes(a, b)).toHaveLength(new Set([...a, ...b]).size);
      }),
    );
  });
});

describe('scopeHierarchy', () => {
  it('closes over any number of steps and over circles', () => {
    const hierarchy = scopeHierarchy({ a: ['b'], b: ['c'], c: ['a', 'd'], x: [] });
    expect(hierarchy.get('a')).toEqual(new Set(['a', 'b', 'c', 'd']));
    expect(hierarchy.get('c')).toEqual(new Set(['c', 'a', 'd', 'b']));
    expect(hierarchy.get('x')).toEqual(new Set(['x']));
    expect(hierarchy.has('d')).toBe(false);
  });

  it('takes names that every object has for ordinary scopes', () => {
    const hierarchy = scopeHierarchy(JSON.parse('{"__proto__":["a"],"constructor":["__proto__"]}'));
    expect(hierarchy.get('constructor')).toEqual(new Set(['constructor', '__proto__', 'a']));
    expect(scopeHierarchy({ a: ['toString'] }).get('a')).toEqual(new Set(['a', 'toString']));
  });

  it('is reflexive, transitive, and holds every direct implication', () => {
    fc.assert(
      fc.property(implications, (direct) => {
        const hierarchy = scopeHierarchy(direct);
        for (const [broad, implied] of hierarchy) {
          expect(implied.has(broad)).toBe(true);
          for (const narrow of direct[broad] ?? []) expect(implied.has(narrow)).toBe(true);
          for (const narrow of implied) {
            for (const narrower of hierarchy.get(narrow) ?? []) {
              expect(implied.has(narrower)).toBe(true);
            }
          }
        }
      }),
    );
  });

  it('holds nothing that no chain of implications leads to', () => {
    const reaches = (
      direct: Record<string, string[]>,
      from: string,
      to: string,
      left: number,
    ): boolean =>
      from === to ||
      (left > 0 && (direct[from] ?? []).some((next) => reaches(direct, next, to, left - 1)));
    fc.assert(
      fc.property(implications, (direct) => {
        for (const [broad, implied] of scopeHierarchy(direct)) {
          for (const narrow of implied) expect(reaches(direct, broad, narrow, 6)).toBe(true);
        }
      }),
    );
  });
});

describe('effectiveScopes and coversScopes', () => {
  it('adds what held scopes imply and keeps those the hierarchy does not know', () => {
    const hierarchy = scopeHierarchy({ admin: ['write'], write: ['read'] });
    expect(effectiveScopes(new Set(['admin', 'other']), hierarchy)).toEqual(
      new Set(['admin', 'other', 'write', 'read']),
    );
    expect(effectiveScopes(new Set(['read']), hierarchy)).toEqual(new Set(['read']));
    expect(effectiveScopes(new Set(), hierarchy)).toEqual(new Set());
  });

  it.each<[string[], string[], boolean]>([
    [['a', 'b'], ['a'], true],
    [['a', 'b'], ['b', 'a'], true],
    [['a'], ['a', 'b'], false],
    [['a'], ['A'], false],
    [['ab'], ['a'], false],
    [['*', 'a*'], ['a'], false],
    [['a'], [], true],
    [[], [], true],
    [[], ['a'], false],
  ])('%j covers %j: %s', (held, needed, covered) => {
    expect(coversScopes(new Set(held), needed)).toBe(covered);
  });

  it('is idempotent and leaves the held set alone', () => {
    fc.assert(
      fc.property(implications, scopes, (direct, list) => {
        const hierarchy = scopeHierarchy(direct);
        const held = new Set(list);
        const once = effectiveScopes(held, hierarchy);
        expect(effectiveScopes(once, hierarchy)).toEqual(once);
        expect(coversScopes(once, held)).toBe(true);
        expect(held).toEqual(new Set(list));
      }),
    );
  });

  it('distributes over union', () => {
    fc.assert(
      fc.property(implications, scopes, scopes, (direct, a, b) => {
        const hierarchy = scopeHierarchy(direct);
        const apart = [a, b].map((list) => effectiveScopes(new Set(list), hierarchy));
        expect(effectiveScopes(new Set([...a, ...b]), hierarchy)).toEqual(
          new Set(unionScopes(...apart)),
        );
      }),
    );
  });

  it('covers more by more held scopes and less by more needed ones', () => {
    fc.assert(
      fc.property(scopes, scopes, scopes, (held, needed, more) => {
        const covered = coversScopes(new Set(held), needed);
        if (covered) expect(coversScopes(new Set([...held, ...more]), needed)).toBe(true);
        else expect(coversScopes(new Set(held), [...needed, ...more])).toBe(false);
      }),
    );
  });
});
