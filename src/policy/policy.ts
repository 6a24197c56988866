import { type ScopeHierarchy, scopeHierarchy, unionScopes } from '../core/scopes.ts';
import type { Target } from '../core/types.ts';
import { type Denial, type Listing, type PolicyDocument, parsePolicyDocument } from './document.ts';
import { compileGlob, type Matcher } from './glob.ts';
import type { ToolRuleEntry } from './rule-entry.ts';
import { compileSection, type Section } from './section.ts';

const enumeration = new Intl.ListFormat('en-GB');

/** Which of the policy's scopes a new login is asked for. */
export type ChallengeMode = 'auto' | 'required' | 'all';

/** A policy ready to decide. */
export interface Policy {
  readonly required: readonly string[];
  readonly hierarchy: ScopeHierarchy;
  /** Every scope the policy names, in the order of the document. */
  readonly scopes: readonly string[];
  /** Scopes left for a step-up. */
  readonly stepUp: ReadonlySet<string>;
  /** `null` where the document has no such section. */
  readonly sections: Readonly<Record<Target['type'], Section | null>>;
  /** Whether some rule has the issuer asked at the call; then every issuer must be askable. */
  readonly introspects: boolean;
  readonly methods: readonly { readonly fits: Matcher; readonly scopes: readonly string[] }[];
  readonly listing: Listing;
  readonly denial: Denial;
}

function scopesOf(rules: readonly ToolRuleEntry[] = []): readonly string[] {
  return rules.flatMap((rule) => ('anyOf' in rule ? rule.anyOf.flat() : rule.scopes));
}

/**
 * Compiles a document, which is checked first whatever its type claims.
 *
 * @param required scopes that every operation needs besides those of the document.
 * @throws PolicyDocumentError
 */
export function compilePolicy(document: PolicyDocument, required: readonly string[] = []): Policy {
  const checked = parsePolicyDocument(document);
  const { scopes = {}, tools, resources, prompts, methods = {} } = checked;
  const { listing = 'permitted', denial = 'challenge' } = checked;
  const entries = Object.entries(scopes);
  const everywhere = unionScopes(required, checked.required ?? []);
  return {
    required: everywhere,
    hierarchy: scopeHierarchy(
      Object.fromEntries(entries.map(([scope, { implies = [] }]) => [scope, implies])),
    ),
    scopes: unionScopes(
      everywhere,
      entries.flatMap(([scope, { implies = [] }]) => [scope, ...implies]),
      ...[tools, resources, prompts].map(scopesOf),
      Object.values(methods).flat(),
    ),
    stepUp: new Set(entries.filter(([, { stepUp }]) => stepUp).map(([scope]) => scope)),
    sections: {
      tool: tools ? compileSection(tools, 'run') : null,
      resource: resources ? compileSection(resources, 'segment') : null,
      prompt: prompts ? compileSection(prompts, 'run') : null,
    },
    introspects: [tools, resources, prompts].some((rules) =>
      rules?.some(({ introspect }) => introspect === true),
    ),
    methods: Object.entries(methods).map(([pattern, needed]) => ({
      fits: compileGlob(pattern, 'run'),
      scopes: needed,
    })),
    listing,
    denial,
  };
}

/**
 * What a new login is asked for, in the 401 challenge and as `scopes_supported`.
 *
 * @param mode `auto`: all but what is marked `stepUp`; `required`: the required scopes; `all`.
 */
export function firstScopes(policy: Policy, mode: ChallengeMode): readonly string[] {
  if (mode === 'required') return policy.required;
  if (mode === 'all') return policy.scopes;
  return policy.scopes.filter(
    (scope) => !policy.stepUp.has(scope) || policy.required.includes(scope),
  );
}

function counted(what: string, size: number): string {
  if (size === 0) return `every ${what} refused`;
  return `${size} ${what} ${size === 1 ? 'rule' : 'rules'}`;
}

/** Clauses for people: which sections have rules, and what holds for all that has none. */
export function describePolicy({ sections, methods, required, listing }: Policy): string {
  const named = Object.entries(sections);
  const ruled = named.flatMap(([type, section]) => (section ? [counted(type, section.size)] : []));
  const free = named.flatMap(([type, section]) => (section ? [] : [`${type}s`]));
  if (methods.length > 0) ruled.push(counted('method', methods.length));
  if (ruled.length === 0) {
    const holder = required.length > 0 ? `token with ${required.join(' ')}` : 'token';
    return `none, every valid ${holder} may do everything`;
  }
  const where = methods.length > 0 ? 'where no method rule fits, ' : '';
  const [rest, need] = free.length > 0 ? [enumeration.format(free), 'need'] : ['all else', 'needs'];
  const what =
    required.length > 0 ? `the required scopes (${required.join(' ')})` : 'a valid token';
  const asides = [
    ...(sections.tool?.readsHints ? ["the server's own annotations of its tools count"] : []),
    ...(listing === 'all' ? ['lists show everything'] : []),
  ];
  return [ruled.join(', '), `${where}${rest} ${need} only ${what}`, ...asides].join('; ');
}
