import type { StaticToken } from '../core/static-token.ts';
import { ConfigError, problemsAt } from './problem.ts';
import type { Reading } from './reading.ts';
import { parseStaticTokens, StaticTokensError } from './static-tokens.ts';
import { type ReadFile, readYamlFile } from './yaml-file.ts';

function readStaticTokens(
  path: string,
  source: string,
  readFile: ReadFile,
): readonly StaticToken[] {
  const file = readYamlFile(path, source, readFile);
  try {
    return parseStaticTokens(file.value);
  } catch (error) {
    if (!(error instanceof StaticTokensError)) throw error;
    throw new ConfigError(problemsAt(error.issues, file.place));
  }
}

/** The static tokens of the file that the settings name; none where they name none. */
export function resolveStaticTokens(
  { settings, sources, findings, complain, readFile }: Reading,
  hasIssuer: boolean,
): readonly StaticToken[] {
  const { staticTokensFile: path } = settings;
  if (path === undefined) return [];
  const source = sources.origin('staticTokensFile');
  const tokens = findings.attempt(() => readStaticTokens(path, source, readFile));
  if (tokens?.length === 0 && !hasIssuer) {
    complain(
      'staticTokensFile',
      'names a file without tokens, and no issuer is set. Set one of them',
    );
  }
  return tokens ?? [];
}
