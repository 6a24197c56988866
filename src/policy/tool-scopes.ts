import { unionScopes } from '../core/scopes.ts';
import { parsePolicyDocument } from './document.ts';
import type { Policy } from './policy.ts';
import { compileSection, type Requirement, type Section } from './section.ts';

/** Scopes by tool name, compared whole: no patterns. */
export type ToolScopes = Readonly<Record<string, readonly string[]>>;

/** What a tool asks for whose section is not there. */
const free: Section = compileSection([{ match: '*', scopes: [] }], 'run');

/**
 * Adds what tools ask for beside their registration to a policy. Both have to be satisfied: nothing
 * here lifts what the document asks for or denies, and a tool that is not named here is the
 * document's alone.
 *
 * @throws PolicyDocumentError for what is no scope
 */
export function withToolScopes(policy: Policy, toolScopes: ToolScopes): Policy {
  const declared = new Map(Object.entries(toolScopes));
  if (declared.size === 0) return policy;
  parsePolicyDocument({ tools: [...declared].map(([match, scopes]) => ({ match, scopes })) });
  const section = policy.sections.tool ?? free;

  function find(...asked: Parameters<Section['find']>): Requirement | null {
    const requirement = section.find(...asked);
    const own = declared.get(asked[0]);
    if (requirement === null || own === undefined) return requirement;
    return { ...requirement, anyOf: requirement.anyOf.map((scopes) => unionScopes(scopes, own)) };
  }

  return {
    ...policy,
    scopes: unionScopes(policy.scopes, ...declared.values()),
    sections: { ...policy.sections, tool: { ...section, find } },
  };
}
