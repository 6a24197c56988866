import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuleEntry } from '../../src/policy/document.ts';
import { compileGlob } from '../../src/policy/glob.ts';
import { compileSection, type Section } from '../../src/policy/section.ts';

/** First match wins, in so many words. */
function findOneByOne(rules: readonly RuleEntry[], star: 'run' | 'segment', name: string) {
  for (const rule of rules) {
    for (const pattern of [rule.match].flat()) {
      if (compileGlob(pattern, star)(name)) return 'anyOf' in rule ? rule.anyOf : [rule.scopes];
    }
  }
  return null;
}

const findAnyOf = (section: Section, name: string) => section.find(name)?.anyOf ?? null;

describe('compileSection', () => {
  const section = compileSection(
    [
      { match: ['list_users', 'list_secret'], scopes: ['a'] },
      { match: 'list_*', scopes: ['b', 'c'] },
      { match: 'list_late', scopes: ['never'] },
      { match: 'list_users', scopes: ['never'] },
      { match: ['report_*', 'ping'], anyOf: [['d'], ['e', 'f']] },
      { match: 'free', scopes: [] },
    ],
    'run',
  );

  it.each<[string, string[][] | null]>([
    ['list_users', [['a']]],
    ['list_secret', [['a']]],
    ['list_other', [['b', 'c']]],
    ['list_late', [['b', 'c']]],
    ['report_x', [['d'], ['e', 'f']]],
    ['ping', [['d'], ['e', 'f']]],
    ['free', [[]]],
    ['LIST_users', null],
    ['list', null],
    ['', null],
    ['__proto__', null],
    ['constructor', null],
    ['toString', null],
    ['\u0000', null],
  ])('answers %j by the first rule that fits', (name, requirement) => {
    expect(findAnyOf(section, name)).toEqual(requirement);
  });

  it('counts its rules', () => {
    expect(section.size).toBe(6);
  });

  it('fits nothing where it has no rule', () => {
    const empty = compileSection([], 'run');
    expect(empty.size).toBe(0);
    for (const name of ['', 'a', '*']) expect(empty.find(name)).toBeNull();
  });

  it('judges an empty name by the rules like any other', () => {
    expect(findAnyOf(compileSection([{ match: '*', scopes: ['a'] }], 'run'), '')).toEqual([['a']]);
  });

  it('has rules for names that every object has', () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty'];
    const found = compileSection([{ match: names, scopes: ['a'] }], 'run');
    for (const name of names) expect(findAnyOf(found, name)).toEqual([['a']]);
  });

  it('keeps a single star of a resource rule within its segment', () => {
    const files = compileSection([{ match: 'file:///a/*', scopes: ['a'] }], 'segment');
    expect(findAnyOf(files, 'file:///a/b')).toEqual([['a']]);
    expect(files.find('file:///a/b/c')).toBeNull();
  });

  it('asks for introspection where the rule that fits does, and only there', () => {
    const { find } = compileSection(
      [
        { match: ['delete_*', 'pay'], scopes: ['a'], introspect: true },
        { match: 'list_*', anyOf: [['a']], introspect: false },
        { match: '*', scopes: [] },
      ],
      'run',
    );
    const asks = ['delete_x', 'pay', 'list_x', 'other'].map((name) => find(name)?.introspect);
    expect(asks).toEqual([true, true, false, false]);
  });

  it('answers as trying the rules one by one does', () => {
    const unit = fc.constantFrom('a', 'b', '/', '*');
    const pattern = fc.string({ unit, minLength: 1, maxLength: 4 });
    const scopes = fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 2 });
    const match = fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 3 }));
    const rule: fc.Arbitrary<RuleEntry> = fc.oneof(
      fc.record({ match, scopes }),
      fc.record({ match, anyOf: fc.array(scopes, { minLength: 1, maxLength: 2 }) }),
    );
    const name = fc.string({ unit, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 12 }),
        fc.constantFrom('run', 'segment'),
        fc.array(name, { minLength: 1, maxLength: 10 }),
        (rules, star, names) => {
          const compiled = compileSection(rules, star);
          for (const each of names) {
            expect(findAnyOf(compiled, each)).toEqual(findOneByOne(rules, star, each));
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
