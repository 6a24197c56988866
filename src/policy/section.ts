import type { RuleEntry } from './document.ts';
import { compileGlob, type Matcher } from './glob.ts';

/** What a rule asks for. */
export interface Requirement {
  /** Alternatives, each a list of scopes that are all needed; never empty. */
  readonly anyOf: readonly (readonly string[])[];
  /** Whether the issuer must say, at this very call, that the token is still active. */
  readonly introspect: boolean;
}

/** Compiled rules of one kind of thing. */
export interface Section {
  readonly size: number;
  /** What the first matching rule asks for; `null` where no rule matches. */
  find(name: string): Requirement | null;
}

interface Candidate {
  /** Where its rule stands in the document. */
  readonly index: number;
  readonly requirement: Requirement;
}

type Glob = Candidate & { readonly fits: Matcher };

/** Globs by the text before their first star, in the order of the document. */
type GlobsByPrefix = Map<string, Glob[]>;

/**
 * Compiles rules, first match wins. However many there are, names without `*` are found by one
 * look-up, and globs by one for each length of the text before their first `*`; only globs that
 * share that text are tried one after the other.
 */
export function compileSection(rules: readonly RuleEntry[], star: 'run' | 'segment'): Section {
  const literals = new Map<string, Candidate>();
  const globs = new Map<number, GlobsByPrefix>();

  function addGlob(pattern: string, candidate: Candidate): void {
    const prefix = pattern.slice(0, pattern.indexOf('*'));
    const sameLength: GlobsByPrefix = globs.get(prefix.length) ?? new Map();
    const samePrefix = sameLength.get(prefix) ?? [];
    samePrefix.push({ ...candidate, fits: compileGlob(pattern, star) });
    globs.set(prefix.length, sameLength.set(prefix, samePrefix));
  }

  for (const [index, rule] of rules.entries()) {
    const anyOf = 'anyOf' in rule ? rule.anyOf : [rule.scopes];
    const requirement = { anyOf, introspect: rule.introspect === true };
    const candidate = { index, requirement };
    for (const pattern of [rule.match].flat()) {
      if (pattern.includes('*')) addGlob(pattern, candidate);
      else if (!literals.has(pattern)) literals.set(pattern, candidate);
    }
  }

  function find(name: string): Requirement | null {
    let first: Candidate | undefined = literals.get(name);
    for (const [length, sameLength] of globs) {
      for (const glob of sameLength.get(name.slice(0, length)) ?? []) {
        if (first && first.index < glob.index) break;
        if (glob.fits(name)) first = glob;
      }
    }
    return first?.requirement ?? null;
  }

  return { size: rules.length, find };
}
