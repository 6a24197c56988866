import * as z from 'zod';
import {
  mapping,
  pattern,
  type RuleEntry,
  rulesFor,
  scope,
  scopes,
  type ToolRuleEntry,
  toolRules,
  uriPattern,
} from './rule-entry.ts';

/** What a scope of the policy means to people and to other scopes. */
export interface ScopeEntry {
  /** Narrower scopes that holding this one includes, transitively. */
  readonly implies?: readonly string[] | undefined;
  /** For people. */
  readonly title?: string | undefined;
  /** Asked for when first needed, not at login. */
  readonly stepUp?: boolean | undefined;
}

/** Only what the caller may use, or everything, so that a step-up can be asked for what is seen. */
export type Listing = 'permitted' | 'all';

/** 403 with a challenge, or a tool result that holds it, for clients that understand only that. */
export type Denial = 'challenge' | 'result';

/** The policy as an operator writes it, in YAML or JSON. */
export interface PolicyDocument {
  /** Scopes that every operation needs. */
  readonly required?: readonly string[] | undefined;
  readonly scopes?: Readonly<Record<string, ScopeEntry>> | undefined;
  /** First match wins; a section that is present denies what none of its rules names. */
  readonly tools?: readonly ToolRuleEntry[] | undefined;
  /** Matched against resource URIs. */
  readonly resources?: readonly RuleEntry[] | undefined;
  readonly prompts?: readonly RuleEntry[] | undefined;
  /**
   * Further scopes by JSON-RPC method pattern, first match wins; naming an unknown method also
   * permits it.
   */
  readonly methods?: Readonly<Record<string, readonly string[]>> | undefined;
  /** What lists of tools, prompts and resources show; `permitted` unless given. */
  readonly listing?: Listing | undefined;
  /** How a tool call that lacks a scope is refused; `challenge` unless given. */
  readonly denial?: Denial | undefined;
}

/** One thing wrong with a policy document. */
export interface PolicyIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Everything wrong with a policy document, at once. */
export class PolicyDocumentError extends TypeError {
  override readonly name = 'PolicyDocumentError';
  readonly issues: readonly PolicyIssue[];

  constructor(issues: readonly PolicyIssue[]) {
    super(
      issues.map(({ path, message }) => `${path.join('.') || 'policy'}: ${message}`).join('\n'),
    );
    this.issues = issues;
  }
}

const entry = z.strictObject({
  implies: scopes.optional(),
  title: z.string('must be text').optional(),
  stepUp: z.boolean('must be true or false').optional(),
});

const fields = z.strictObject({
  required: scopes.optional(),
  scopes: mapping(
    z.record(scope, mapping(entry, 'a mapping; write {} where there is nothing to say')),
    'a mapping such as { mcp:write: { implies: [mcp:read] } }',
  ).optional(),
  tools: toolRules.optional(),
  resources: rulesFor(uriPattern).optional(),
  prompts: rulesFor(pattern).optional(),
  methods: mapping(
    z.record(pattern, scopes),
    'a mapping such as { "logging/*": [mcp:write] }',
  ).optional(),
  listing: z.enum(['permitted', 'all'], 'must be permitted or all').optional(),
  denial: z.enum(['challenge', 'result'], 'must be challenge or result').optional(),
});

const schema = mapping(
  fields,
  'a mapping with tools, resources, prompts, methods, scopes or required',
);

/** What a policy document may hold at its top level. */
export const policyKeys: readonly string[] = Object.keys(fields.shape);

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `does not know ${issue.keys.join(', ')}; remove it or correct the spelling`;
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join('; ');
  return issue.message;
}

/**
 * Checks a policy document; nothing unknown passes, since a misspelt rule is no rule.
 *
 * @param value parsed YAML or JSON.
 * @throws PolicyDocumentError with every problem and its place.
 */
export function parsePolicyDocument(value: unknown): PolicyDocument {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as PolicyDocument;
  throw new PolicyDocumentError(
    parsed.error.issues.map((issue) => ({
      path: issue.path.filter((key) => typeof key !== 'symbol'),
      message: sentence(issue),
    })),
  );
}
