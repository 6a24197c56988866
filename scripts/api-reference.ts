import { entries } from './bundles.ts';
import { type Declaration, declarationsOf } from './declarations.ts';

const longestLine = 100;

/** Long unions and parameter lists one below the other, as people read them. */
function wrapped(line: string): string {
  if (line.length <= longestLine) return line;
  if (line.includes("' | '"))
    return line.replace(/ (?:= |\| )(?=')/g, (mark) => `${mark.includes('=') ? ' =' : ''}\n    | `);
  return line.replace(
    /\((.*?)\)(?=: )/,
    (_, list: string) => `(\n    ${list.replaceAll(/, (?=\w+\??: )/g, ',\n    ')},\n)`,
  );
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}

function code(name: string): string {
  return `\`${name}\``;
}

/** A doc comment as Markdown: its prose, then what it says of parameters, results and errors. */
function prose(comment: string): string {
  const linked = comment.replace(/\{@link (?:\w+\.)?(\w+)\}/g, (_, name: string) => code(name));
  const [text = '', ...tags] = linked.split(/^@/m);
  const lines = tags.map((tag) => {
    const [, kind = '', rest = ''] = /^(\w+)\s+([\s\S]*)$/.exec(tag.trim()) ?? [];
    const flat = rest.replace(/\s+/g, ' ').trim();
    if (kind === 'param') return flat.replace(/^(\S+) /, (_, name: string) => `- ${code(name)}: `);
    const [, type = '', why = ''] = /^(\w+)(?: ([\s\S]*))?$/.exec(flat) ?? [];
    if (kind === 'throws') return `- throws ${code(type)}${why === '' ? '' : `: ${why}`}`;
    return `- ${kind} ${flat}`;
  });
  return [text.trim(), ...(lines.length > 0 ? [lines.join('\n')] : [])].join('\n\n');
}

function section({ name, comment, text }: Declaration, subpath: string): string {
  if (comment === '') throw new Error(`${name} of ${subpath} has no doc comment`);
  const shown = text.split('\n').map(wrapped).join('\n');
  return `### ${name}\n\n${prose(comment)}\n\n${indented(shown)}\n`;
}

/** The page about everything that the package exports. */
export function apiReference(generated: string): string {
  const declarations = declarationsOf(Object.values(entries).map(({ source }) => source));
  const chapters = Object.entries(entries).map(([subpath, { source }]) => {
    const name = `mcp-doorman${subpath.slice(1)}`;
    const own = [...(declarations[source] ?? [])].sort((one, other) =>
      one.name < other.name ? -1 : 1,
    );
    return `## ${name}\n\n${own.map((declaration) => section(declaration, name)).join('\n')}`;
  });
  return `# API\n\n<!-- ${generated} Source: the doc comments. -->\n\nHow it fits together: [library](library.md).\n\n${chapters.join('\n')}`;
}
