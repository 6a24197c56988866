import { z } from 'zod';

/** One schema for each setting of a group, carrying its {@link Explanation} as metadata. */
export type Fields<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> };

/** What help, `.env.example` and the docs say about a setting. */
export interface Explanation {
  readonly placeholder: string;
  /** One sentence or more, with its full stop. */
  readonly help: string;
  /** A value that is accepted. */
  readonly example: string;
  /** The configuration file may write it as a list. */
  readonly list?: boolean;
  /** Never shown, no flag, and not in the configuration file. */
  readonly secret?: boolean;
}

const emptiness = 'is empty: give it a value or remove it';

/** Text without surrounding blanks. */
export const text: z.ZodType<string> = z.string().trim().min(1, emptiness);

/** Text kept byte for byte, since a blank may belong to a secret. */
export const secret: z.ZodType<string> = z
  .string()
  .refine((value) => value.trim() !== '', emptiness);

/** Values separated by commas or blanks; at least one, since none would mean "any". */
export const list: z.ZodType<readonly string[]> = text
  .transform((value) => value.split(/[\s,]+/).filter((item) => item !== ''))
  .refine((items) => items.length > 0, 'names nothing: give it a value or remove it');

export const port: z.ZodType<number> = text
  .refine((value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535, 'must be 0 to 65535')
  .transform(Number);

export const seconds: z.ZodType<number> = text
  .refine((value) => /^\d{1,5}$/.test(value) && Number(value) > 0, 'must be 1 to 99999 seconds')
  .transform(Number);

export const secondsOrNone: z.ZodType<number> = text
  .refine((value) => /^\d{1,5}$/.test(value), 'must be 0 to 99999 seconds')
  .transform(Number);

function alternatives(values: readonly string[]): string {
  return values.join(', ').replace(/, (?=[^,]*$)/, ' or ');
}

/** Exactly one of some words. */
export function oneOf<const T extends string>(values: readonly T[]): z.ZodType<T> {
  return z.enum(values as readonly [T, ...T[]], `must be ${alternatives(values)}`);
}

/** A list of nothing but some words. */
export function someOf<const T extends string>(values: readonly T[]): z.ZodType<readonly T[]> {
  const isOne = (item: string): item is T => values.some((value) => value === item);
  return list
    .refine((items) => items.every(isOne), `may name ${alternatives(values)} only`)
    .transform((items) => items.filter(isOne));
}

export const trueOrFalse: z.ZodType<boolean> = oneOf(['true', 'false']).transform(
  (value) => value === 'true',
);
