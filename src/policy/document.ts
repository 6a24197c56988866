import { z } from 'zod';
import { isScope } from '../core/scopes.ts';
import { isPlainUri } from './resource-uri.ts';

/** What a scope of the policy means to people and to other scopes. */
export interface ScopeEntry {
  /** Narrower scopes that holding this one includes, transitively. */
  readonly implies?: readonly string[] | undefined;
  /** For people. */
  readonly title?: string | undefined;
  /** Asked for when first needed, not at login. */
  readonly stepUp?: boolean | undefined;
}

/** Which scopes the things matched by a pattern need: all of `scopes`, or one list of `anyOf`. */
export type RuleEntry = {
  readonly match: string | readonly string[];
  /** The issuer is asked at every call whether the token is still active. */
  readonly introspect?: boolean;
} & ({ readonly scopes: readonly string[] } | { readonly anyOf: readonly (readonly string[])[] });

/** The policy as an operator writes it, in YAML or JSON. */
export interface PolicyDocument {
  /** Scopes that every operation needs. */
  readonly required?: readonly string[] | undefined;
  readonly scopes?: Readonly<Record<string, ScopeEntry>> | undefined;
  /** First match wins; a section that is present denies what none of its rules names. */
  readonly tools?: readonly RuleEntry[] | undefined;
  /** Matched against resource URIs. */
  readonly resources?: readonly RuleEntry[] | undefined;
  readonly prompts?: readonly RuleEntry[] | undefined;
  /**
   * Further scopes by JSON-RPC method pattern, first match wins; naming an unknown method also
   * permits it.
   */
  readonly methods?: Readonly<Record<string, readonly string[]>> | undefined;
}

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

/** Scopes about the login itself (OpenID Connect Core section 5.4, 11); no MCP operation needs them. */
const loginScopes: ReadonlySet<string> = new Set([
  'offline_access',
  'openid',
  'profile',
  'email',
  'address',
  'phone',
]);

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/**
 * A mapping as JSON knows it. By itself zod would read a `Map`, which YAML 1.1 documents can hold,
 * as an empty document that permits everything, and would lose a `__proto__` among free names.
 */
function mapping<Out, In>(target: z.ZodType<Out, In>, expected: string) {
  return z
    .custom<In>(isPlainObject, `must be ${expected}`)
    .refine((value) => !Object.hasOwn(value as object, '__proto__'), {
      error: 'cannot hold the name __proto__; remove it',
    })
    .pipe(target);
}

const scope = z.string('must be a scope, written as text').superRefine((text, context) => {
  if (!isScope(text)) {
    const rule = 'use printable ASCII without spaces, quotes or backslashes';
    context.addIssue({
      code: 'custom',
      message: `${JSON.stringify(text)} is not a scope; ${rule}`,
    });
  } else if (loginScopes.has(text)) {
    const message = `${text} is about the login and never permits an operation; leave it out`;
    context.addIssue({ code: 'custom', message });
  }
});
const scopes = z.array(scope, 'must be a list of scopes');
const pattern = z.string().min(1, 'an empty pattern fits nothing; use "*" for everything');
const uriPattern = pattern.refine(isPlainUri, {
  error: ({ input }) =>
    `${JSON.stringify(input)} fits nothing: resource URIs with dot segments, backslashes, spaces, or encoded dots, slashes, letters or digits are always refused`,
});

function rulesFor(one: typeof pattern) {
  const match = z.union([one, z.array(one).min(1, 'must name a pattern')], {
    error: 'must be a pattern or a list of patterns',
  });
  const anyOf = z
    .array(
      scopes.min(1, 'must not be empty, or it would need nothing'),
      'must be a list of lists of scopes',
    )
    .min(1, 'must offer an alternative');
  const rule = z
    .strictObject({
      match,
      scopes: scopes.exactOptional(),
      anyOf: anyOf.exactOptional(),
      introspect: z.boolean('must be true or false').exactOptional(),
    })
    .refine((entry) => (entry.scopes === undefined) !== (entry.anyOf === undefined), {
      error: 'must have either scopes or anyOf',
    });
  return z.array(
    mapping(rule, 'a rule such as { match: "list_*", scopes: [mcp:read] }'),
    'must be a list of rules',
  );
}

const entry = z.strictObject({
  implies: scopes.optional(),
  title: z.string('must be text').optional(),
  stepUp: z.boolean('must be true or false').optional(),
});

const schema = mapping(
  z.strictObject({
    required: scopes.optional(),
    scopes: mapping(
      z.record(scope, mapping(entry, 'a mapping; write {} where there is nothing to say')),
      'a mapping such as { mcp:write: { implies: [mcp:read] } }',
    ).optional(),
    tools: rulesFor(pattern).optional(),
    resources: rulesFor(uriPattern).optional(),
    prompts: rulesFor(pattern).optional(),
    methods: mapping(
      z.record(pattern, scopes),
      'a mapping such as { "logging/*": [mcp:write] }',
    ).optional(),
  }),
  'a mapping with tools, resources, prompts, methods, scopes or required',
);

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
