import {
  type PolicyDocument,
  PolicyDocumentError,
  type PolicyIssue,
  parsePolicyDocument,
} from './document.ts';

type Rules = NonNullable<PolicyDocument['tools']>;

function readClause(clause: string): Rules | string {
  const [match = '', scopeList, ...more] = clause.split('=').map((side) => side.trim());
  if (scopeList === undefined || match === '') return 'is not of the form pattern=scope scope';
  if (more.length > 0) return 'holds more than one "="; put a ";" between rules';
  const scopes = scopeList.split(/\s+/).filter((scope) => scope !== '');
  if (scopes.length === 0) {
    return 'names no scope; a rule that needs none is written scopes: [] in a policy file';
  }
  if (scopeList.includes(',')) return 'holds a comma; put spaces between scopes';
  try {
    return parsePolicyDocument({ tools: [{ match, scopes }] }).tools ?? [];
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error;
    return `is wrong: ${error.issues.map(({ message }) => message).join('; ')}`;
  }
}

/**
 * Reads tool rules in one line: `pattern=scope scope; pattern=scope`, first match wins. What needs
 * `=`, `;` or a comma in a name, or a rule without scopes, is for a policy document.
 *
 * @throws PolicyDocumentError naming every clause that is wrong.
 */
export function parseToolScopes(text: string): Rules {
  const clauses = text.split(';').filter((clause) => clause.trim() !== '');
  const rules: Rules[number][] = [];
  const issues: PolicyIssue[] = [];
  for (const clause of clauses) {
    const read = readClause(clause);
    if (typeof read === 'string') issues.push({ path: [], message: `"${clause.trim()}" ${read}` });
    else rules.push(...read);
  }
  if (clauses.length === 0) {
    issues.push({ path: [], message: 'holds no rule; write pattern=scope, such as *=mcp:tools' });
  }
  if (issues.length > 0) throw new PolicyDocumentError(issues);
  return rules;
}
