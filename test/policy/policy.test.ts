import { describe, expect, it } from 'vitest';
import { type PolicyDocument, parsePolicyDocument } from '../../src/policy/document.ts';
import { compilePolicy, describePolicy, firstScopes } from '../../src/policy/policy.ts';

const document: PolicyDocument = parsePolicyDocument({
  required: ['access'],
  scopes: {
    write: { implies: ['read'], title: 'Change data' },
    admin: { implies: ['write'], stepUp: true },
    access: { stepUp: true },
    audit: { stepUp: false },
  },
  tools: [
    { match: 'list_*', scopes: ['read'] },
    { match: '*', anyOf: [['admin'], ['reports', 'read']] },
  ],
  resources: [{ match: '**', scopes: ['files'] }],
  methods: { 'logging/*': ['log'] },
});

describe('compilePolicy', () => {
  it('names every scope once, the required ones first, then as the document has them', () => {
    expect(compilePolicy(document, ['base', 'read']).scopes).toEqual([
      ...['base', 'read', 'access'],
      ...['write', 'admin', 'audit', 'reports', 'files', 'log'],
    ]);
  });

  it('joins the required scopes of the document with those handed in', () => {
    expect(compilePolicy(document, ['base', 'access']).required).toEqual(['base', 'access']);
    expect(compilePolicy({}, ['base']).required).toEqual(['base']);
    expect(compilePolicy({}).required).toEqual([]);
  });

  it('closes the hierarchy', () => {
    expect([...(compilePolicy(document).hierarchy.get('admin') ?? [])]).toEqual([
      'admin',
      'write',
      'read',
    ]);
  });

  it('keeps a section that has no rules apart from one that is not there', () => {
    const { sections } = compilePolicy({ tools: [] });
    expect(sections.tool?.size).toBe(0);
    expect(sections.resource).toBeNull();
    expect(sections.prompt).toBeNull();
  });

  it('shows what is permitted and challenges, unless told otherwise', () => {
    expect(compilePolicy({})).toMatchObject({ listing: 'permitted', denial: 'challenge' });
    const told = { listing: 'all', denial: 'result' } as const;
    expect(compilePolicy(told)).toMatchObject(told);
  });

  it('reads stars of resources by segment, all others as any run', () => {
    const rules = [{ match: 'a*', scopes: [] }];
    const { sections, methods } = compilePolicy({
      ...{ tools: rules, resources: rules, prompts: rules },
      methods: { 'a*': [] },
    });
    expect(sections.tool?.find('a/b')?.anyOf).toEqual([[]]);
    expect(sections.prompt?.find('a/b')?.anyOf).toEqual([[]]);
    expect(sections.resource?.find('a/b')).toBeNull();
    expect(methods[0]?.fits('a/b')).toBe(true);
  });
});

describe('firstScopes', () => {
  const policy = compilePolicy(document, ['base']);

  it('asks for all but the step-up scopes, unless every operation needs them', () => {
    expect(firstScopes(policy, 'auto')).toEqual([
      ...['base', 'access', 'write', 'read', 'audit', 'reports', 'files', 'log'],
    ]);
  });

  it('asks for the required scopes alone', () => {
    expect(firstScopes(policy, 'required')).toEqual(['base', 'access']);
  });

  it('asks for everything', () => {
    expect(firstScopes(policy, 'all')).toEqual(policy.scopes);
    expect(firstScopes(policy, 'all')).toContain('admin');
  });

  it.each(['auto', 'required', 'all'] as const)('asks for nothing without rules (%s)', (mode) => {
    expect(firstScopes(compilePolicy({}), mode)).toEqual([]);
  });
});

describe('describePolicy', () => {
  const rule = { match: 'a', scopes: ['x'] };

  it.each<[string, PolicyDocument, string]>([
    ['nothing', {}, 'none, every valid token may do everything'],
    [
      'required scopes alone',
      { required: ['a', 'b'] },
      'none, every valid token with a b may do everything',
    ],
    [
      'scopes that no rule uses',
      { scopes: { a: {} } },
      'none, every valid token may do everything',
    ],
    [
      'one section',
      { required: ['a'], tools: [rule] },
      '1 tool rule; resources and prompts need only the required scopes (a)',
    ],
    [
      'one section and no required scope',
      { tools: [rule, rule] },
      '2 tool rules; resources and prompts need only a valid token',
    ],
    [
      'a section without rules',
      { tools: [], prompts: [rule] },
      'every tool refused, 1 prompt rule; resources need only a valid token',
    ],
    [
      'all sections',
      { required: ['a'], tools: [rule], resources: [rule], prompts: [] },
      '1 tool rule, 1 resource rule, every prompt refused; all else needs only the required scopes (a)',
    ],
    [
      'all sections and no required scope',
      { tools: [rule], resources: [rule], prompts: [rule] },
      '1 tool rule, 1 resource rule, 1 prompt rule; all else needs only a valid token',
    ],
    [
      'methods alone',
      { methods: { 'tasks/*': ['a'], x: [] } },
      '2 method rules; where no method rule fits, tools, resources and prompts need only a valid token',
    ],
    [
      'methods beside a section',
      { required: ['a'], tools: [rule], methods: { x: [] } },
      '1 tool rule, 1 method rule; where no method rule fits, resources and prompts need only the required scopes (a)',
    ],
    [
      'lists that show everything',
      { tools: [rule], listing: 'all' },
      '1 tool rule; resources and prompts need only a valid token; lists show everything',
    ],
    [
      'rules by annotation',
      { tools: [{ annotations: { readOnlyHint: true }, scopes: ['a'] }] },
      "1 tool rule; resources and prompts need only a valid token; the server's own annotations of its tools count",
    ],
  ])('tells of %s what it protects and what it does not', (_what, parts, text) => {
    expect(describePolicy(compilePolicy(parts))).toBe(text);
  });
});
