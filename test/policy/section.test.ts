import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ToolHints } from '../../src/core/types.ts';
import { compileGlob } from '../../src/policy/glob.ts';
import type { ToolRuleEntry } from '../../src/policy/rule-entry.ts';
import { compileSection, type Section } from '../../src/policy/section.ts';

function annotationsFit(rule: ToolRuleEntry, hints: ToolHints | null): boolean {
  if (rule.annotations === undefined) return true;
  const wanted = Object.entries(rule.annotations) as [keyof ToolHints, boolean][];
  return hints !== null && wanted.every(([hint, value]) => hints[hint] === value);
}

/** First match wins, in so many words. */
function findOneByOne(
  rules: readonly ToolRuleEntry[],
  star: 'run' | 'segment',
  name: string,
  hints: ToolHints | null,
) {
  for (const rule of rules) {
    for (const pattern of 'match' in rule ? [rule.match].flat() : ['*']) {
      const fits = compileGlob(pattern, star)(name) && annotationsFit(rule, hints);
      if (fits) return 'anyOf' in rule ? rule.anyOf : [rule.scopes];
    }
  }
  return null;
}

const findAnyOf = (section: Section, name: string, hints: ToolHints | null = null) =>
  section.find(name, hints)?.anyOf ?? null;

/** What a tool is that tells nothing of itself. */
const silent: ToolHints = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
};
const reading: ToolHints = { ...silent, readOnlyHint: true, destructiveHint: false };

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

  describe('with rules by annotation', () => {
    const section = compileSection(
      [
        { match: 'get_secret', scopes: ['secret'] },
        { match: 'get_*', annotations: { readOnlyHint: true }, scopes: ['get'] },
        { annotations: { readOnlyHint: true, openWorldHint: false }, scopes: ['near'] },
        { match: 'drop', scopes: ['drop'] },
        { annotations: { readOnlyHint: true }, scopes: ['read'] },
        { annotations: { destructiveHint: true }, scopes: ['danger'], introspect: true },
        { match: '*', scopes: ['all'] },
      ],
      'run',
    );

    it.each<[string, ToolHints | null, string]>([
      ['get_secret', reading, 'secret'],
      ['get_a', reading, 'get'],
      ['get_a', silent, 'danger'],
      ['a', { ...reading, openWorldHint: false }, 'near'],
      ['drop', reading, 'drop'],
      ['a', reading, 'read'],
      ['a', silent, 'danger'],
      ['a', { ...silent, destructiveHint: false }, 'all'],
      ['a', null, 'all'],
      ['get_a', null, 'all'],
    ])('answers %s, of which %j is told, by %s', (name, hints, scope) => {
      expect(findAnyOf(section, name, hints)).toEqual([[scope]]);
    });

    it('knows whose answer depends on the annotations', () => {
      expect(section.readsHints).toBe(true);
      const names = ['get_secret', 'drop', 'get_a', 'a'];
      // A read-only tool that stays near would be judged by its annotations before its name.
      expect(names.filter(section.dependsOnHints)).toEqual(['drop', 'get_a', 'a']);
      const plain = compileSection([{ match: '*', scopes: [] }], 'run');
      expect([plain.readsHints, plain.dependsOnHints('a')]).toEqual([false, false]);
    });
  });

  it('answers as trying the rules one by one does', () => {
    const unit = fc.constantFrom('a', 'b', '/', '*');
    const pattern = fc.string({ unit, minLength: 1, maxLength: 4 });
    const scopes = fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 2 });
    const match = fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 3 }));
    const hint = fc.constantFrom('readOnlyHint', 'destructiveHint', 'openWorldHint');
    const annotations = fc.dictionary(hint, fc.boolean(), { minKeys: 1, noNullPrototype: true });
    const rule = fc.oneof(
      fc.record({ match, scopes }),
      fc.record({ match, anyOf: fc.array(scopes, { minLength: 1, maxLength: 2 }) }),
      fc.record({ annotations, scopes }),
      fc.record({ match, annotations, scopes }),
    ) as fc.Arbitrary<ToolRuleEntry>;
    const hints = fc.option(
      fc.record({
        readOnlyHint: fc.boolean(),
        destructiveHint: fc.boolean(),
        idempotentHint: fc.boolean(),
        openWorldHint: fc.boolean(),
      }),
    );
    const name = fc.string({ unit, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 12 }),
        fc.constantFrom('run', 'segment'),
        fc.array(name, { minLength: 1, maxLength: 10 }),
        hints,
        (rules, star, names, told) => {
          const compiled = compileSection(rules, star);
          for (const each of names) {
            const unknowing = findAnyOf(compiled, each);
            const found = findAnyOf(compiled, each, told);
            expect(found).toEqual(findOneByOne(rules, star, each, told));
            expect(unknowing).toEqual(findOneByOne(rules, star, each, null));
            if (!compiled.dependsOnHints(each)) expect(found).toEqual(unknowing);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
