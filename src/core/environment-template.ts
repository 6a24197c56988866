/** A placeholder that stands for who calls, or a text between two of them. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  /** A hash of issuer and subject. */
  | { readonly kind: 'principal' }
  /** A claim of the verified token. */
  | { readonly kind: 'claim'; readonly name: string };

/** Value of an environment variable for a child process. */
export type EnvironmentTemplate = readonly TemplatePart[];

/** `{{word}}` stands for `{word}`; braces around anything that is no single word are plain text. */
const placeholder = /\{\{([\w.:/-]+)\}\}|\{([a-z_][\w.:/-]*)\}/gi;

/**
 * Reads a value with placeholders: `{principal}`, `{claim.<name>}` and `{env.<NAME>}`.
 *
 * @param variable looks a variable of the gateway's own environment up, which is filled in at once.
 * @returns what is wrong with it, as the end of a sentence, where a placeholder stands for nothing.
 */
export function parseEnvironmentTemplate(
  value: string,
  variable: (name: string) => string | undefined,
): EnvironmentTemplate | string {
  function readPlaceholder(word: string): TemplatePart | string {
    if (word === 'principal') return { kind: 'principal' };
    const [, source, name = ''] = /^(claim|env)\.(.+)$/.exec(word) ?? [];
    if (source === 'claim') return { kind: 'claim', name };
    const text = source === 'env' ? variable(name) : undefined;
    if (text !== undefined) return { kind: 'text', text };
    if (source === 'env') return `names the variable ${name}, which is not set`;
    return (
      `has the unknown placeholder {${word}}; there are {principal}, {claim.<name>} and ` +
      `{env.<NAME>}, and {{${word}}} is the plain text`
    );
  }

  const parts: TemplatePart[] = [];
  let end = 0;
  const addText = (text: string): void => {
    if (text !== '') parts.push({ kind: 'text', text });
  };
  for (const match of value.matchAll(placeholder)) {
    const [whole, escaped, word = ''] = match;
    addText(value.slice(end, match.index));
    end = match.index + whole.length;
    const part: TemplatePart | string =
      escaped === undefined ? readPlaceholder(word) : { kind: 'text', text: `{${escaped}}` };
    if (typeof part === 'string') return part;
    parts.push(part);
  }
  addText(value.slice(end));
  return parts;
}
