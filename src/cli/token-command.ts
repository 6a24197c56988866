import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { ConfigError } from '../config/problem.ts';
import {
  parseStaticTokens,
  type StaticTokenEntry,
  StaticTokensError,
} from '../config/static-tokens.ts';
import { addStaticToken, formatStaticTokens } from '../config/static-tokens-file.ts';

export interface TokenFlags {
  readonly name: string;
  readonly scopes: string;
  readonly expires?: string;
  readonly file?: string;
}

const tokenBytes = 32;
const prefix = 'mcpd_';
const ownerOnly = 0o600;

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** The file behind a symbolic link, so that the link stays one; `null` for a new file. */
function existing(path: string): { path: string; text: string; mode: number } | null {
  try {
    const real = realpathSync(path);
    return { path: real, text: readFileSync(real, 'utf8'), mode: statSync(real).mode & 0o777 };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * Replaces the file in one step, so that a reader never sees half of it. The temporary file is made
 * anew or not at all: a second run at the same time would otherwise undo the first.
 */
function append(entry: StaticTokenEntry, path: string): void {
  const file = existing(path) ?? { path, text: '', mode: ownerOnly };
  const text = addStaticToken(file.text, entry, path);
  const temporary = `${file.path}.new`;
  writeFileSync(temporary, text, { flag: 'wx', mode: file.mode });
  try {
    renameSync(temporary, file.path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The same rules as for the file, told about the flags. */
function checkFlags(entry: StaticTokenEntry): void {
  try {
    parseStaticTokens({ tokens: [entry] });
  } catch (error) {
    if (!(error instanceof StaticTokensError)) throw error;
    throw new ConfigError(
      error.issues.map(({ path, message }) => ({ source: `--${path[2]}`, message: `${message}.` })),
    );
  }
}

/**
 * `mcp-doorman token`: makes a token of 256 random bits and shows it this once; only its SHA-256 is
 * kept. With `--file` the entry goes into that file and nothing but the token to stdout, so that a
 * script can take it from there.
 *
 * @returns the exit code.
 * @throws ConfigError for flags or a file that are no good; nothing is written or printed then.
 */
export function makeToken(
  { name, scopes, expires, file }: TokenFlags,
  { stdout, stderr }: { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream },
): number {
  const token = prefix + randomBytes(tokenBytes).toString('base64url');
  const entry: StaticTokenEntry = {
    name,
    hash: `sha256:${createHash('sha256').update(token).digest('hex')}`,
    scopes: scopes.split(/\s+/).filter((scope) => scope !== ''),
    ...(expires !== undefined && { expires }),
  };
  checkFlags(entry);
  if (file === undefined) {
    stdout.write(`${token}\n\n`);
    stdout.write('Shown this once. For the file that MCP_OAUTH_STATIC_TOKENS_FILE names:\n\n');
    stdout.write(formatStaticTokens(entry));
    return 0;
  }
  append(entry, file);
  stdout.write(`${token}\n`);
  stderr.write(
    `Shown this once; its hash is in ${file}. A running mcp-doorman must be restarted.\n`,
  );
  return 0;
}
