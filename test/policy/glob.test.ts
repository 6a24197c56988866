import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../src/policy/glob.ts';
import { bestMs, farFromLinearMs } from '../support/duration.ts';

const kinds = ['run', 'segment'] as const;

/** The definition, tried out in every way; exponential, and therefore plain. */
function fitsByDefinition(pattern: string, star: 'run' | 'segment', name: string): boolean {
  if (pattern === '*') return true;
  const stars = /^\*+/.exec(pattern)?.[0].length ?? 0;
  if (stars === 0) {
    if (pattern === '') return name === '';
    return name[0] === pattern[0] && fitsInner(pattern.slice(1), star, name.slice(1));
  }
  return fitsInner(pattern, star, name);
}

function fitsInner(pattern: string, star: 'run' | 'segment', name: string): boolean {
  const stars = /^\*+/.exec(pattern)?.[0].length ?? 0;
  if (stars === 0) {
    if (pattern === '' || name === '') return pattern === name;
    return name[0] === pattern[0] && fitsInner(pattern.slice(1), star, name.slice(1));
  }
  const crosses = star === 'run' || stars > 1;
  for (let taken = 0; taken <= name.length; taken++) {
    if (!crosses && name.slice(0, taken).includes('/')) return false;
    if (fitsInner(pattern.slice(stars), star, name.slice(taken))) return true;
  }
  return false;
}

describe('compileGlob', () => {
  it.each<[string, string]>([
    ['list', 'list'],
    ['*', ''],
    ['*', 'any/thing\nat all'],
    ['list_*', 'list_'],
    ['list_*', 'list_a/b'],
    ['*_list', 'users_list'],
    ['a*b*c', 'abc'],
    ['a*b*c', 'a--b-c-b--c'],
    ['tools:*', 'tools:a:b'],
    ['tools:*', 'tools:'],
    ['ab*ba', 'abba'],
    ['a?[b]{c}!', 'a?[b]{c}!'],
    ['*é*', 'caféine'],
    ['a**b', 'a/x/b'],
  ])('lets %j fit %j where a star is any run', (pattern, name) => {
    expect(compileGlob(pattern, 'run')(name)).toBe(true);
  });

  it.each<[string, string]>([
    ['secret', 'SECRET'],
    ['secret', 'secret '],
    ['secret', ' secret'],
    ['secret', 'ѕecret'],
    ['secret', 'ｓecret'],
    ['secret', 'sec\u200bret'],
    ['secret', '\u202esecret'],
    ['secret', 'secret\0'],
    ['café', 'cafe\u0301'],
    ['secret*', 'Secret'],
    ['*secret', 'secret\n'],
    ['list_*', 'list'],
    ['list_*', 'my_list_a'],
    ['*_list', 'users_list_all'],
    ['ab*ba', 'aba'],
    ['a*b*c', 'acb'],
    ['a?', 'ab'],
    ['[ab]*', 'a'],
    ['.*', 'x'],
    ['tools:*', 'tool:a'],
    ['__proto__', ''],
  ])('does not let %j fit %j', (pattern, name) => {
    expect(compileGlob(pattern, 'run')(name)).toBe(false);
  });

  it.each<[string, string, boolean]>([
    ['*', 'file:///a/b', true],
    ['file:///public/*', 'file:///public/a.txt', true],
    ['file:///public/*', 'file:///public/', true],
    ['file:///public/*', 'file:///public/a/b.txt', false],
    ['file:///public/**', 'file:///public/a/b.txt', true],
    ['file:///public/**', 'file:///public', false],
    ['file:///public/**', 'file:///publicity', false],
    ['file:///*/readme', 'file:///a/readme', true],
    ['file:///*/readme', 'file:///a/b/readme', false],
    ['file:///**/readme', 'file:///a/b/readme', true],
    ['**/b/*', 'x/b/y/b/z', true],
    ['**/b/*', 'x/b/y/c/z', false],
    ['***', 'a/b', true],
  ])('keeps a single star of %j within a segment of %j: %s', (pattern, name, fits) => {
    expect(compileGlob(pattern, 'segment')(name)).toBe(fits);
  });

  it.each(kinds)('agrees with the definition of a pattern (%s)', (star) => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '**'), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), maxLength: 9 });
    fc.assert(
      fc.property(pattern, name, (text, candidate) => {
        expect(compileGlob(text, star)(candidate)).toBe(fitsByDefinition(text, star, candidate));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each(kinds)('agrees with it for patterns of more than one machine word (%s)', (star) => {
    const unit = fc.constantFrom('a', 'ab', '/', '*', '**');
    const pattern = fc.array(unit, { minLength: 30, maxLength: 70 });
    const filler = fc.array(fc.constantFrom('', 'a', 'b', '/', 'ab'), {
      minLength: 70,
      maxLength: 70,
    });
    fc.assert(
      fc.property(pattern, filler, (pieces, fillers) => {
        const text = pieces.join('');
        const name = pieces.map((piece, at) => (piece[0] === '*' ? fillers[at] : piece)).join('');
        const matcher = compileGlob(text, star);
        const crossing = pieces.some(
          (piece, at) => piece === '*' && star === 'segment' && fillers[at] === '/',
        );
        if (!crossing) expect(matcher(name)).toBe(true);
        expect(matcher(`${name}!`)).toBe(text.endsWith('*') && matcher(name));
        expect(matcher(`!${name}`)).toBe(text.startsWith('*') && matcher(name));
      }),
      { numRuns: 300 },
    );
  });

  const length = 50_000;
  it.each<[string, string]>([
    ['tools:*', `tools:${'a'.repeat(length)}`],
    ['*a*a*a*a*a*a*a*b*', 'a'.repeat(length)],
    ['**a*a**a*a**a*b**', 'a/'.repeat(length / 2)],
    [`*${'ab'.repeat(40)}c*`, 'ab'.repeat(length / 2)],
    ['*_list*x', `${'_list'.repeat(length / 5)}x`],
    ['**/x/*/y/**', '/x/'.repeat(length / 3)],
  ])('judges %j on 50 KB of hostile name without trying it again and again', (pattern, name) => {
    for (const star of kinds) {
      const fits = compileGlob(pattern, star);
      expect(bestMs(() => fits(name))).toBeLessThan(farFromLinearMs);
    }
  });
});
