import { isSeq, parseDocument } from 'yaml';
import { ConfigError, problemsAt } from './problem.ts';
import { parseStaticTokens, type StaticTokenEntry, StaticTokensError } from './static-tokens.ts';
import { parseYaml } from './yaml-file.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function appendYaml(text: string, entry: StaticTokenEntry): string {
  const document = parseDocument(text);
  if (document.contents === null) {
    document.set('tokens', document.createNode([entry]));
    return document.toString();
  }
  const tokens = document.get('tokens');
  if (isSeq(tokens)) tokens.flow = false;
  document.addIn(['tokens'], document.createNode(entry));
  return document.toString();
}

/** A file that holds one token, as YAML. */
export function formatStaticTokens(entry: StaticTokenEntry): string {
  return appendYaml('', entry);
}

function appendJson(text: string, entry: StaticTokenEntry): string {
  const { tokens } = JSON.parse(text) as { tokens: unknown[] };
  return `${JSON.stringify({ tokens: [...tokens, entry] }, null, 2)}\n`;
}

function check(value: unknown, place: (path: readonly (string | number)[]) => string): void {
  try {
    parseStaticTokens(value);
  } catch (error) {
    if (!(error instanceof StaticTokensError)) throw error;
    throw new ConfigError(problemsAt(error.issues, place));
  }
}

/**
 * Adds a token to the text of a static-tokens file, which keeps its comments and stays JSON where it
 * is JSON. Nothing is written here.
 *
 * @param text what the file holds; empty for a new one.
 * @param path name of the file, for messages.
 * @throws ConfigError when the file is wrong already, or would be: a name that is taken.
 */
export function addStaticToken(text: string, entry: StaticTokenEntry, path: string): string {
  if (text.trim() !== '') {
    const file = parseYaml(text, path);
    if (file.value !== null) check(file.value, file.place);
  }
  const added = isJson(text) ? appendJson(text, entry) : appendYaml(text, entry);
  check(parseYaml(added, path).value, () => path);
  return added;
}
