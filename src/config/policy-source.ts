import { isNode, LineCounter, parseDocument, type YAMLParseError, type YAMLWarning } from 'yaml';
import {
  type PolicyDocument,
  PolicyDocumentError,
  parsePolicyDocument,
} from '../policy/document.ts';
import { parseToolScopes } from '../policy/short-form.ts';
import { ConfigError, type Problem } from './problem.ts';

/** Reads a text file; throws what `node:fs` throws. */
export type ReadFile = (path: string) => string;

/** What YAML says of a fault, in one sentence and without its excerpt. */
function say({ code, message }: YAMLParseError | YAMLWarning): string {
  if (code === 'MULTIPLE_DOCS') return 'holds several documents; keep one.';
  return `${message.split(' at line')[0]}.`;
}

type Locate = (path: readonly (string | number)[]) => string;

function rethrow(error: unknown, locate: Locate): never {
  if (!(error instanceof PolicyDocumentError)) throw error;
  const problems: Problem[] = error.issues.map(({ path, message }) => ({
    source: locate(path),
    message: path.length === 0 ? message : `${path.join('.')}: ${message}`,
  }));
  throw new ConfigError(problems);
}

/**
 * The policy of `MCP_OAUTH_REQUIRED_SCOPES`.
 *
 * @param source the flag or variable, for messages.
 * @throws ConfigError
 */
export function policyFromRequired(required: readonly string[], source: string): PolicyDocument {
  try {
    return parsePolicyDocument({ required });
  } catch (error) {
    return rethrow(error, () => source);
  }
}

/**
 * The policy of `MCP_OAUTH_TOOL_SCOPES`.
 *
 * @param source the flag or variable, for messages.
 * @throws ConfigError
 */
export function policyFromToolScopes(text: string, source: string): PolicyDocument {
  try {
    return { tools: parseToolScopes(text) };
  } catch (error) {
    return rethrow(error, () => source);
  }
}

/**
 * The policy of a YAML or JSON file (JSON is YAML).
 *
 * @param source the flag or variable, for messages about the file itself.
 * @throws ConfigError naming line and column
 */
export function policyFromFile(path: string, source: string, readFile: ReadFile): PolicyDocument {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new ConfigError([{ source, message: `cannot read ${path}${code}` }]);
  }
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new ConfigError(
      faults.map((fault) => ({ source: at(fault.pos[0]), message: say(fault) })),
    );
  }
  const locate: Locate = (keys) => {
    for (let depth = keys.length; depth >= 0; depth--) {
      const node = document.getIn(keys.slice(0, depth), true);
      if (isNode(node) && node.range) return at(node.range[0]);
    }
    return path;
  };
  try {
    return parsePolicyDocument(document.toJS());
  } catch (error) {
    // An alias without an anchor, or one that multiplies itself.
    if (error instanceof ReferenceError) {
      throw new ConfigError([{ source: path, message: `${error.message}.` }]);
    }
    return rethrow(error, locate);
  }
}
