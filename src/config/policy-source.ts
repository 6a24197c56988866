import {
  type PolicyDocument,
  PolicyDocumentError,
  parsePolicyDocument,
} from '../policy/document.ts';
import { compilePolicy, type Policy } from '../policy/policy.ts';
import { parseToolScopes } from '../policy/short-form.ts';
import { ConfigError, problemsAt } from './problem.ts';
import type { Reading } from './reading.ts';
import { type KeyPath, type ReadFile, readYamlFile } from './yaml-file.ts';

function rethrow(error: unknown, locate: (path: KeyPath) => string): never {
  if (!(error instanceof PolicyDocumentError)) throw error;
  throw new ConfigError(problemsAt(error.issues, locate));
}

/**
 * The policy of `MCP_OAUTH_REQUIRED_SCOPES`.
 *
 * @param source the flag or variable, for messages.
 * @throws ConfigError
 */
function policyFromRequired(required: readonly string[], source: string): PolicyDocument {
  return policyFromValue({ required }, () => source);
}

/**
 * The policy of `MCP_OAUTH_TOOL_SCOPES`.
 *
 * @param source the flag or variable, for messages.
 * @throws ConfigError
 */
function policyFromToolScopes(text: string, source: string): PolicyDocument {
  try {
    return { tools: parseToolScopes(text) };
  } catch (error) {
    return rethrow(error, () => source);
  }
}

/**
 * A policy that is read already, such as the one inside the configuration file.
 *
 * @param locate says where a part of it stands.
 * @throws ConfigError
 */
function policyFromValue(value: unknown, locate: (path: KeyPath) => string): PolicyDocument {
  try {
    return parsePolicyDocument(value);
  } catch (error) {
    return rethrow(error, locate);
  }
}

/**
 * The policy of a YAML or JSON file.
 *
 * @param source the flag or variable, for messages about the file itself.
 * @throws ConfigError naming line and column
 */
function policyFromFile(path: string, source: string, readFile: ReadFile): PolicyDocument {
  const file = readYamlFile(path, source, readFile);
  return policyFromValue(file.value, file.place);
}

/** The one policy there is, of whichever source, joined with the required scopes. */
export function resolvePolicy(reading: Reading): Policy {
  const { settings, sources, policy: inline, complain, readFile } = reading;
  const { toolScopes, policyFile, requiredScopes } = settings;
  const { attempt } = reading.findings;
  const keepOne = 'cannot be combined with the policy in the configuration file. Keep one of them';
  if (toolScopes !== undefined && policyFile !== undefined) {
    complain(
      'toolScopes',
      'cannot be combined with MCP_OAUTH_POLICY_FILE. Move its rules into the file',
    );
  }
  if (inline !== null && policyFile !== undefined) complain('policyFile', keepOne);
  if (inline !== null && toolScopes !== undefined) complain('toolScopes', keepOne);
  const required = attempt(() =>
    policyFromRequired(requiredScopes, sources.origin('requiredScopes')),
  );
  const document = attempt(() => {
    if (policyFile !== undefined) {
      return policyFromFile(policyFile, sources.origin('policyFile'), readFile);
    }
    if (toolScopes !== undefined) {
      return policyFromToolScopes(toolScopes, sources.origin('toolScopes'));
    }
    return inline === null ? {} : policyFromValue(inline.document, inline.place);
  });
  return compilePolicy(document ?? {}, required?.required ?? []);
}
