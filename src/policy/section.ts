import type { RuleEntry } from './document.ts';
import { compileGlob, type Matcher } from './glob.ts';

/** Alternatives, each a list of scopes that are all needed; never empty. */
export type Requirement = readonly (readonly string[])[];

/** Compiled rules of one kind of thing. */
export interface Section {
  readonly size: number;
  /** What the first matching rule asks for; `null` where no rule matches. */
  find(name: string): Requirement | null;
}

interface Glob {
  readonly index: number;
  readonly fits: Matcher;
  readonly requirement: Requirement;
}

/**
 * Compiles rules, first match wins. Names without `*` are found by one look-up, however many there
 * are; only patterns that stand before such a hit are tried.
 */
export function compileSection(rules: readonly RuleEntry[], star: 'run' | 'segment'): Section {
  const literals = new Map<string, { index: number; requirement: Requirement }>();
  const globs: Glob[] = [];
  for (const [index, rule] of rules.entries()) {
    const requirement = 'anyOf' in rule ? rule.anyOf : [rule.scopes];
    for (const pattern of [rule.match].flat()) {
      if (pattern.includes('*')) {
        globs.push({ index, fits: compileGlob(pattern, star), requirement });
      } else if (!literals.has(pattern)) literals.set(pattern, { index, requirement });
    }
  }

  function find(name: string): Requirement | null {
    const literal = literals.get(name);
    for (const { index, fits, requirement } of globs) {
      if (literal && literal.index < index) break;
      if (fits(name)) return requirement;
    }
    return literal?.requirement ?? null;
  }

  return { size: rules.length, find };
}
