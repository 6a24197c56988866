import { z } from 'zod';
import {
  type EnvironmentTemplate,
  parseEnvironmentTemplate,
} from '../core/environment-template.ts';
import { ConfigError, problemsAt } from './problem.ts';
import type { KeyPath } from './yaml-file.ts';

/** An MCP server that the gateway starts itself, as it is written. */
export interface WrittenCommand {
  readonly value: unknown;
  /** Where a part of it stands. */
  place(path: KeyPath): string;
}

/** An MCP server that the gateway starts itself, and talks to on its input and output. */
export interface ChildCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Working directory; the gateway's own for `null`. */
  readonly cwd: string | null;
  readonly env: Readonly<Record<string, EnvironmentTemplate>>;
  /** Children that may run at a time, in all and for one principal. */
  readonly maxChildren: number;
  readonly maxChildrenPerPrincipal: number;
  /** How long a child lives that nobody uses or listens to. */
  readonly idleMs: number;
}

const nul = 'must not contain the character NUL';
const text = z.string('must be text').refine((value) => !value.includes('\0'), nul);
const from1 = (most: number): z.ZodInt =>
  z.int('must be a whole number').min(1, 'must be 1 or more').max(most, `must be ${most} or less`);
const count = from1(10_000);
const variableValue = z.union([text, z.boolean(), z.int()], 'must be text').transform(String);
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a variable');

const schema = z.strictObject(
  {
    command: z
      .array(text, 'must be a list: the program, then its arguments')
      .refine(([program = '']) => program !== '', 'names no program'),
    cwd: text.min(1, 'is empty: give it a value or remove it').optional(),
    env: z
      .record(variableName, variableValue, 'must be a mapping of variables to values')
      .default({}),
    maxChildren: count.default(32),
    maxChildrenPerPrincipal: count.default(8),
    idleSeconds: from1(99_999).default(1_800),
  },
  'must be a URL, or a mapping with a command',
);

function issueOf(issue: z.core.$ZodIssue): { path: (string | number)[]; message: string } {
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  if (issue.code === 'unrecognized_keys')
    return { path, message: `does not know ${issue.keys.join(', ')}.` };
  return { path, message: `${issue.message}.` };
}

/**
 * Reads the command of an MCP server.
 *
 * @param variable looks a variable of the gateway up, for `{env.<NAME>}`; its settings are none of
 *   its children's business.
 * @throws ConfigError
 */
export function readCommand(
  { value, place }: WrittenCommand,
  variable: (name: string) => string | undefined,
): ChildCommand {
  const lookUp = (name: string) => (name.startsWith('MCP_OAUTH_') ? undefined : variable(name));
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ConfigError(problemsAt(parsed.error.issues.map(issueOf), place));
  const { command, cwd = null, env: variables, idleSeconds, ...limits } = parsed.data;
  const [program = '', ...args] = command;
  const templates: Record<string, EnvironmentTemplate> = {};
  const issues: ReturnType<typeof issueOf>[] = [];
  for (const [name, written] of Object.entries(variables)) {
    const template = parseEnvironmentTemplate(written, lookUp);
    if (typeof template === 'string') issues.push({ path: ['env', name], message: `${template}.` });
    else templates[name] = template;
  }
  if (issues.length > 0) throw new ConfigError(problemsAt(issues, place));
  return { program, args, cwd, env: templates, ...limits, idleMs: idleSeconds * 1_000 };
}
