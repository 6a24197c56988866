import { z } from 'zod';
import { isScope } from '../core/scopes.ts';
import type { StaticToken } from '../core/static-token.ts';
import { parseTokenHash } from '../core/token-hash.ts';

export interface StaticTokensIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Everything wrong with a static-tokens document, at once. */
export class StaticTokensError extends TypeError {
  override readonly name = 'StaticTokensError';
  readonly issues: readonly StaticTokensIssue[];

  constructor(issues: readonly StaticTokensIssue[]) {
    super(
      issues
        .map(({ path, message }) => `${path.join('.') || 'static tokens'}: ${message}`)
        .join('\n'),
    );
    this.issues = issues;
  }
}

/** One token as the file holds it. */
export interface StaticTokenEntry {
  readonly name: string;
  readonly hash: string;
  readonly scopes: readonly string[];
  /** ISO 8601: a date, whose beginning in UTC is meant, or a time with its offset. */
  readonly expires?: string | undefined;
}

const name = z
  .string('must be a name, written as text')
  .regex(/^[\x21-\x7e]{1,100}$/, 'must be 1 to 100 visible ASCII characters, without spaces');
const hash = z.string('must be a hash, written as text').superRefine((text, context) => {
  const parsed = parseTokenHash(text);
  if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed });
});
const scope = z
  .string('must be a scope, written as text')
  .refine(isScope, 'is not a scope: no spaces, quotes or backslashes');
const expires = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'must be a date such as 2027-01-31, or a time such as 2027-01-31T08:00:00Z',
});

const schema = z.strictObject(
  {
    tokens: z.array(
      z.strictObject(
        {
          name,
          hash,
          scopes: z.array(scope, 'must be a list of scopes; [] for none, as there are no defaults'),
          expires: expires.optional(),
        },
        { error: (issue) => unknownKeys(issue) ?? 'must be a token with name, hash and scopes' },
      ),
      'must be a list of tokens',
    ),
  },
  { error: (issue) => unknownKeys(issue) ?? 'must have a list of tokens, under the key tokens' },
);

function unknownKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  return `does not know ${issue.keys.join(', ')}; remove it or correct the spelling`;
}

/** Two tokens of one name could not be told apart in the log; two of one hash are one token. */
function repeated(entries: readonly StaticTokenEntry[]): StaticTokensIssue[] {
  return entries.flatMap((entry, index) =>
    (['name', 'hash'] as const)
      .filter((key) => entries.slice(0, index).some((earlier) => same(earlier[key], entry[key])))
      .map((key) => ({
        path: ['tokens', index, key],
        message: `is used by an earlier token too; every token needs its own ${key}`,
      })),
  );
}

function same(left: string, right: string): boolean {
  const isSha256 = /^sha256:/i;
  if (isSha256.test(left) && isSha256.test(right))
    return left.toLowerCase() === right.toLowerCase();
  return left === right;
}

/**
 * Checks the document of `MCP_OAUTH_STATIC_TOKENS_FILE`:
 * `tokens: [{ name, hash, scopes, expires? }]`. Messages never repeat a hash, since the text in its
 * place may be the token itself. A token that is over already is accepted, and refused when used.
 *
 * @param value parsed YAML or JSON.
 * @throws StaticTokensError with every problem and its place.
 */
export function parseStaticTokens(value: unknown): readonly StaticToken[] {
  const parsed = schema.safeParse(value);
  const issues = parsed.success
    ? repeated(parsed.data.tokens)
    : parsed.error.issues.map(({ path, message }) => ({
        path: path.filter((key) => typeof key !== 'symbol'),
        message,
      }));
  if (!parsed.success || issues.length > 0) throw new StaticTokensError(issues);
  return parsed.data.tokens.map((entry) => ({
    name: entry.name,
    hash: entry.hash,
    scopes: entry.scopes,
    expiresAt: entry.expires === undefined ? null : Date.parse(entry.expires) / 1_000,
  }));
}
