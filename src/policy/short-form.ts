import {
  type PolicyDocument,
  PolicyDocumentError,
  type PolicyIssue,
  parsePolicyDocument,
} from './document.ts';

function readClause(clause: string): { match: string; scopes: string[] } | PolicyIssue {
  const separator = clause.lastIndexOf('=');
  const match = clause.slice(0, Math.max(separator, 0)).trim();
  const scopes = clause
    .slice(separator + 1)
    .split(/\s+/)
    .filter((scope) => scope !== '');
  if (separator === -1 || match === '') {
    return { path: [], message: `"${clause}" is not of the form pattern=scope scope` };
  }
  if (scopes.length === 0) {
    const way = 'name a scope, or use a policy file with scopes: [] for the required scopes alone';
    return { path: [], message: `"${clause}" names no scope; ${way}` };
  }
  return { match, scopes };
}

/**
 * Reads tool rules in one line: `pattern=scope scope; pattern=scope`, first match wins.
 * The scopes begin after the last `=`.
 *
 * @throws PolicyDocumentError naming every clause that is wrong.
 */
export function parseToolScopes(text: string): NonNullable<PolicyDocument['tools']> {
  const clauses = text
    .split(';')
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '')
    .map(readClause);
  const issues = clauses.filter((clause): clause is PolicyIssue => 'message' in clause);
  if (clauses.length === 0) {
    issues.push({ path: [], message: 'holds no rule; write pattern=scope, such as *=mcp:tools' });
  }
  if (issues.length > 0) throw new PolicyDocumentError(issues);
  return parsePolicyDocument({ tools: clauses }).tools ?? [];
}
