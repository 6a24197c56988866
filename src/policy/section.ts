import type { ToolHints } from '../core/types.ts';
import { compileGlob, type Matcher } from './glob.ts';
import type { ToolRuleEntry } from './rule-entry.ts';

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
  /** Whether some rule matches tools by their annotations. */
  readonly readsHints: boolean;
  /**
   * What the first matching rule asks for; `null` where no rule matches.
   *
   * @param hints a tool's annotations; while they are not known no rule that reads them matches.
   */
  find(name: string, hints?: ToolHints | null): Requirement | null;
  /** Whether what {@link find} answers for this name may depend on the hints. */
  dependsOnHints(name: string): boolean;
}

interface Candidate {
  /** Where its rule stands in the document. */
  readonly index: number;
  readonly requirement: Requirement;
}

type Glob = Candidate & { readonly fits: Matcher };

/** Globs by the text before their first star, in the order of the document. */
type GlobsByPrefix = Map<string, Glob[]>;

/** Patterns of rules, first match wins. */
interface Patterns {
  add(pattern: string, candidate: Candidate): void;
  find(name: string): Candidate | undefined;
}

/**
 * However many patterns there are, names without `*` are found by one look-up, and globs by one for
 * each length of the text before their first `*`; only globs that share that text are tried one
 * after the other.
 */
function patternsOf(star: 'run' | 'segment'): Patterns {
  const literals = new Map<string, Candidate>();
  const globs = new Map<number, GlobsByPrefix>();

  function addGlob(pattern: string, candidate: Candidate): void {
    const prefix = pattern.slice(0, pattern.indexOf('*'));
    const sameLength: GlobsByPrefix = globs.get(prefix.length) ?? new Map();
    const samePrefix = sameLength.get(prefix) ?? [];
    samePrefix.push({ ...candidate, fits: compileGlob(pattern, star) });
    globs.set(prefix.length, sameLength.set(prefix, samePrefix));
  }

  return {
    add(pattern, candidate) {
      if (pattern.includes('*')) addGlob(pattern, candidate);
      else if (!literals.has(pattern)) literals.set(pattern, candidate);
    },
    find(name) {
      let first: Candidate | undefined = literals.get(name);
      for (const [length, sameLength] of globs) {
        for (const glob of sameLength.get(name.slice(0, length)) ?? []) {
          if (first && first.index < glob.index) break;
          if (glob.fits(name)) first = glob;
        }
      }
      return first;
    },
  };
}

/** The patterns of all rules that ask for the same annotations. */
interface Annotated {
  readonly wanted: readonly (readonly [string, boolean])[];
  readonly patterns: Patterns;
}

function fits({ wanted }: Annotated, hints: ToolHints): boolean {
  return wanted.every(([hint, value]) => hints[hint as keyof ToolHints] === value);
}

function earlier(one: Candidate | undefined, other: Candidate | undefined): Candidate | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.index < other.index ? one : other;
}

/** Compiles rules, first match wins; a rule without patterns is tried on every name. */
export function compileSection(rules: readonly ToolRuleEntry[], star: 'run' | 'segment'): Section {
  const plain = patternsOf(star);
  const annotated = new Map<string, Annotated>();

  function patternsFor({ annotations }: { annotations?: Partial<ToolHints> }): Patterns {
    if (annotations === undefined) return plain;
    const wanted = Object.entries(annotations).sort();
    const key = JSON.stringify(wanted);
    const group = annotated.get(key) ?? { wanted, patterns: patternsOf(star) };
    annotated.set(key, group);
    return group.patterns;
  }

  for (const [index, rule] of rules.entries()) {
    const anyOf = 'anyOf' in rule ? rule.anyOf : [rule.scopes];
    const requirement = { anyOf, introspect: rule.introspect === true };
    const patterns = patternsFor(rule);
    for (const pattern of 'match' in rule ? [rule.match].flat() : ['*']) {
      patterns.add(pattern, { index, requirement });
    }
  }
  const groups = [...annotated.values()];

  return {
    size: rules.length,
    readsHints: groups.length > 0,
    find(name, hints = null) {
      let first = plain.find(name);
      for (const group of groups) {
        if (hints !== null && fits(group, hints)) first = earlier(first, group.patterns.find(name));
      }
      return first?.requirement ?? null;
    },
    dependsOnHints(name) {
      const first = plain.find(name);
      return groups.some(({ patterns }) => {
        const found = patterns.find(name);
        return found !== undefined && earlier(first, found) === found;
      });
    },
  };
}
