import { z } from 'zod';
import type { Grant } from '../core/provider.ts';
import { isScope } from '../core/scopes.ts';

const name = z.string('must be text').trim().min(1, 'is empty: give it a value or remove it');

const schema = z.array(
  z
    .strictObject({
      email: name.optional(),
      hostedDomain: name.optional(),
      group: name.optional(),
      scopes: z
        .array(
          z.string('must be text').refine(isScope, 'is not a scope'),
          'must be a list of scopes',
        )
        .min(1, 'names no scope'),
    })
    .refine(({ email, hostedDomain, group }) => email ?? hostedDomain ?? group, {
      error: 'names nobody: give an email, a hostedDomain or a group',
    }),
  'must be a list of grants',
);

export interface ParsedGrants {
  readonly grants: readonly Grant[];
  readonly issues: readonly {
    readonly path: readonly (string | number)[];
    readonly message: string;
  }[];
}

/** Scopes given to people by name, as the configuration file writes them; nothing unknown passes. */
export function parseGrants(value: unknown): ParsedGrants {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { grants: parsed.data, issues: [] };
  const issues = parsed.error.issues.map((issue) => ({
    path: issue.path.filter((key) => typeof key !== 'symbol'),
    message:
      issue.code === 'unrecognized_keys'
        ? `does not know ${issue.keys.join(', ')}; remove it or correct the spelling`
        : issue.message,
  }));
  return { grants: [], issues };
}
