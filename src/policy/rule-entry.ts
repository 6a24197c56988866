import * as z from 'zod';
import { isScope } from '../core/scopes.ts';
import type { ToolHints } from '../core/types.ts';
import { isPlainUri } from './resource-uri.ts';

/** All of `scopes`, or all of one list of `anyOf`. */
type Needs = {
  /** The issuer is asked at every call whether the token is still active. */
  readonly introspect?: boolean;
} & ({ readonly scopes: readonly string[] } | { readonly anyOf: readonly (readonly string[])[] });

type Match = string | readonly string[];

/** Which scopes the things matched by a pattern need. */
export type RuleEntry = { readonly match: Match } & Needs;

/** Which scopes the tools need that a pattern, their annotations, or both together match. */
export type ToolRuleEntry = (
  | { readonly match: Match; readonly annotations?: Partial<ToolHints> }
  | { readonly annotations: Partial<ToolHints> }
) &
  Needs;

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
export function mapping<Out, In>(target: z.ZodType<Out, In>, expected: string): z.ZodType<Out, In> {
  return z
    .custom<In>(isPlainObject, `must be ${expected}`)
    .refine((value) => !Object.hasOwn(value as object, '__proto__'), {
      error: 'cannot hold the name __proto__; remove it',
    })
    .pipe(target);
}

/** A scope as an operator writes it. */
export const scope: z.ZodString = z
  .string('must be a scope, written as text')
  .superRefine((text, context) => {
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
export const scopes: z.ZodArray<z.ZodString> = z.array(scope, 'must be a list of scopes');
/** A pattern of names. */
export const pattern: z.ZodString = z
  .string()
  .min(1, 'an empty pattern fits nothing; use "*" for everything');
/** A pattern of resource URIs. */
export const uriPattern: z.ZodString = pattern.refine(isPlainUri, {
  error: ({ input }) =>
    `${JSON.stringify(input)} fits nothing: resource URIs with dot segments, backslashes, spaces, or encoded dots, slashes, letters or digits are always refused`,
});

const needs = {
  scopes: scopes.exactOptional(),
  anyOf: z
    .array(
      scopes.min(1, 'must not be empty, or it would need nothing'),
      'must be a list of lists of scopes',
    )
    .min(1, 'must offer an alternative')
    .exactOptional(),
  introspect: z.boolean('must be true or false').exactOptional(),
};

const hint = z.boolean('must be true or false').exactOptional();
const annotations = mapping(
  z
    .strictObject({
      readOnlyHint: hint,
      destructiveHint: hint,
      idempotentHint: hint,
      openWorldHint: hint,
    })
    .refine((hints) => Object.keys(hints).length > 0, { error: 'must name a hint' }),
  'a mapping such as { readOnlyHint: true }',
);

function matchOf(one: z.ZodString) {
  return z.union([one, z.array(one).min(1, 'must name a pattern')], {
    error: 'must be a pattern or a list of patterns',
  });
}

function rules(
  rule: z.ZodType<{ scopes?: unknown; anyOf?: unknown }>,
): z.ZodType<readonly object[]> {
  const checked = rule.refine(
    (entry) => (entry.scopes === undefined) !== (entry.anyOf === undefined),
    {
      error: 'must have either scopes or anyOf',
    },
  );
  return z.array(
    mapping(checked, 'a rule such as { match: "list_*", scopes: [mcp:read] }'),
    'must be a list of rules',
  );
}

/** Rules for resources or prompts. */
export function rulesFor(one: z.ZodString): z.ZodType<readonly object[]> {
  return rules(z.strictObject({ match: matchOf(one), ...needs }));
}

/** Rules for tools, which may also be matched by what the server's own list says of them. */
export const toolRules: z.ZodType<readonly object[]> = rules(
  z
    .strictObject({
      match: matchOf(pattern).exactOptional(),
      annotations: annotations.exactOptional(),
      ...needs,
    })
    .refine((entry) => entry.match !== undefined || entry.annotations !== undefined, {
      error: 'must have match, annotations or both',
    }),
);
