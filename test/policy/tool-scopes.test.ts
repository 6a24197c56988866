import { describe, expect, it } from 'vitest';
import type { Operation } from '../../src/core/types.ts';
import { decide } from '../../src/policy/decide.ts';
import type { PolicyDocument } from '../../src/policy/document.ts';
import { compilePolicy, firstScopes } from '../../src/policy/policy.ts';
import { type ToolScopes, withToolScopes } from '../../src/policy/tool-scopes.ts';
import { principal } from '../support/principal.ts';

const callOf = (name: string): Operation => ({
  kind: 'request',
  method: 'tools/call',
  known: true,
  targets: [{ type: 'tool', name }],
  task: null,
});

function judge(document: PolicyDocument, declared: ToolScopes, tool: string, ...held: string[]) {
  return decide(
    principal({ scopes: new Set(held) }),
    callOf(tool),
    withToolScopes(compilePolicy(document), declared),
  );
}

describe('withToolScopes', () => {
  const document: PolicyDocument = {
    scopes: { admin: { implies: ['write'] } },
    tools: [
      { match: 'purge', scopes: ['write'] },
      { match: 'report', anyOf: [['reports'], ['admin']], introspect: true },
      { match: 'list_*', scopes: [] },
    ],
  };

  it('asks for what the document and the registration ask for, together', () => {
    expect(judge(document, { purge: ['delete'] }, 'purge', 'write')).toMatchObject({
      allowed: false,
      needed: ['write', 'delete'],
    });
    expect(judge(document, { purge: ['delete'] }, 'purge', 'delete').allowed).toBe(false);
    expect(judge(document, { purge: ['delete'] }, 'purge', 'admin', 'delete').allowed).toBe(true);
  });

  it('adds to every alternative, and keeps the question to the issuer', () => {
    const declared = { report: ['export'] };
    expect(judge(document, declared, 'report', 'reports').allowed).toBe(false);
    expect(judge(document, declared, 'report', 'admin', 'export')).toEqual({
      allowed: true,
      introspect: true,
    });
  });

  it('does not permit what the document denies', () => {
    expect(judge(document, { other: [] }, 'other')).toMatchObject({ code: 'operation_denied' });
  });

  it('leaves a tool without a declaration to the document', () => {
    expect(judge(document, { purge: ['delete'] }, 'list_all').allowed).toBe(true);
    expect(judge(document, { purge: ['delete'] }, 'other').allowed).toBe(false);
    expect(judge({}, { purge: ['delete'] }, 'other').allowed).toBe(true);
  });

  it('is the whole policy of a tool where the document has no section', () => {
    expect(judge({}, { purge: ['delete'] }, 'purge')).toMatchObject({ needed: ['delete'] });
    expect(judge({}, { purge: ['delete'] }, 'purge', 'delete').allowed).toBe(true);
  });

  it('compares whole names', () => {
    expect(judge({}, { 'p*': ['delete'] }, 'purge').allowed).toBe(true);
    expect(judge({}, {}, '__proto__').allowed).toBe(true);
    expect(judge({}, { purge: ['delete'] }, 'toString').allowed).toBe(true);
  });

  it('has a first login asked for what is declared', () => {
    const policy = withToolScopes(compilePolicy({ scopes: { delete: { stepUp: true } } }), {
      purge: ['delete'],
      add: ['write'],
    });
    expect(firstScopes(policy, 'auto')).toEqual(['write']);
  });

  it.each([[['a b']], [['openid']], [['"']]])('refuses %j as scopes', (scopes) => {
    expect(() => withToolScopes(compilePolicy({}), { purge: scopes })).toThrow(TypeError);
  });
});
