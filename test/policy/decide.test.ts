import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coversScopes, effectiveScopes } from '../../src/core/scopes.ts';
import type { Operation, Principal, Target } from '../../src/core/types.ts';
import { challengeScopes, decide } from '../../src/policy/decide.ts';
import { parsePolicyDocument } from '../../src/policy/document.ts';
import { compilePolicy, type Policy } from '../../src/policy/policy.ts';

function holding(...scopes: string[]): Principal {
  return {
    issuer: 'https://idp.example',
    subject: 'alice',
    clientId: null,
    scopes: new Set(scopes),
    expiresAt: 0,
    claims: {},
  };
}

function asking(method: string | null, ...targets: Target[]): Operation {
  const kind = method === null ? 'stream' : 'request';
  return { kind, method, known: true, targets, task: null };
}

const tool = (name: string) => asking('tools/call', { type: 'tool', name });
const resource = (name: string) => asking('resources/read', { type: 'resource', name });
const unknown = (method: string): Operation => ({ ...asking(method), known: false });

function policyOf(document: unknown): Policy {
  return compilePolicy(parsePolicyDocument(document));
}

const allowed = { allowed: true, introspect: false };
const denied = { allowed: false, code: 'operation_denied' };
const methodUnknown = { allowed: false, code: 'method_unknown' };
const lacking = (...needed: string[]) => ({ allowed: false, code: 'scope_insufficient', needed });

const policy = policyOf({
  required: ['access'],
  scopes: { write: { implies: ['read'] }, admin: { implies: ['write'] } },
  tools: [
    { match: 'list_*', scopes: ['read'] },
    { match: 'export', scopes: ['write', 'export'] },
    { match: 'report', anyOf: [['reports', 'read'], ['admin']] },
    { match: 'ping', scopes: [] },
    { match: 'tools:*', scopes: ['read'] },
  ],
  resources: [
    { match: 'file:///public/**', scopes: [] },
    { match: '*', scopes: ['read'] },
  ],
  methods: { 'logging/*': ['log'], 'tasks/*': ['tasks'], open: [] },
});

describe('decide', () => {
  it('judges a tool by what the server says of it, where a rule asks for that', () => {
    const told = policyOf({
      tools: [{ annotations: { readOnlyHint: true }, scopes: ['read'] }],
      prompts: [{ match: '*', scopes: ['admin'] }],
    });
    const hints = { readOnlyHint: true, destructiveHint: false };
    const hintsOf = (name: string) =>
      name === 'look' ? { ...hints, idempotentHint: false, openWorldHint: true } : null;
    const judge = (operation: Operation) => decide(holding('read'), operation, told, hintsOf);
    expect(judge(tool('look'))).toEqual(allowed);
    expect(judge(tool('drop'))).toEqual(denied);
    expect(decide(holding('read'), tool('look'), told)).toEqual(denied);
    const prompt = asking('prompts/get', { type: 'prompt', name: 'look' });
    expect(judge(prompt)).toEqual(lacking('admin'));
  });

  it.each<[string, string[], Operation, object]>([
    ['a scope that fits', ['access', 'read'], tool('list_a'), allowed],
    ['a broader scope', ['access', 'write'], tool('list_a'), allowed],
    ['one that is broader by two steps', ['access', 'admin'], tool('list_a'), allowed],
    ['a narrower scope', ['access', 'read'], tool('export'), lacking('access', 'write', 'export')],
    ['no scope at all', [], tool('export'), lacking('access', 'write', 'export')],
    ['the rule without the required scope', ['read'], tool('list_a'), lacking('access', 'read')],
    ['a scope in capitals', ['access', 'READ'], tool('list_a'), lacking('access', 'read')],
    ['scopes run together', ['access', 'readwrite'], tool('list_a'), lacking('access', 'read')],
    ['a pattern for a scope', ['access', '*', 'rea*'], tool('list_a'), lacking('access', 'read')],
    [
      'the pattern of the rule for a scope',
      ['access', 'tools:*'],
      tool('tools:a'),
      lacking('access', 'read'),
    ],
    ['the first alternative', ['access', 'reports', 'read'], tool('report'), allowed],
    ['the other alternative', ['access', 'admin'], tool('report'), allowed],
    [
      'part of an alternative',
      ['access', 'reports'],
      tool('report'),
      lacking('access', 'reports', 'read'),
    ],
    [
      'an alternative held through a broader scope',
      ['access', 'write', 'reports'],
      tool('report'),
      allowed,
    ],
    ['none of the alternatives', ['access'], tool('report'), lacking('access', 'admin')],
    ['a rule that needs nothing', ['access'], tool('ping'), allowed],
    ['a tool that no rule names', ['access', 'admin'], tool('drop'), denied],
    ['the name in capitals', ['access', 'admin'], tool('PING'), denied],
    ['a space after the name', ['access', 'admin'], tool('ping '), denied],
    ['an empty name', ['access', 'admin'], tool(''), denied],
    ['a name of every object', ['access', 'admin'], tool('__proto__'), denied],
    ['a public resource', ['access'], resource('file:///public/a'), allowed],
    ['a way out of it', ['access', 'admin'], resource('file:///public/../secret'), denied],
    [
      'an encoded way out of it',
      ['access', 'admin'],
      resource('file:///public/%2e%2e/secret'),
      denied,
    ],
    [
      'a section that is not there',
      ['access'],
      asking('prompts/get', { type: 'prompt', name: 'x' }),
      allowed,
    ],
    ['a method without a target', ['access'], asking('tools/list'), allowed],
    ['the same without the required scope', ['read'], asking('tools/list'), lacking('access')],
    ['a stream', ['access'], asking(null), allowed],
    ['a stream without the required scope', ['log'], asking(null), lacking('access')],
    ['a method rule', ['access', 'log'], asking('logging/setLevel'), allowed],
    ['a method rule unmet', ['access'], asking('logging/setLevel'), lacking('access', 'log')],
    ['a method nobody knows', ['access', 'admin'], unknown('x/y'), methodUnknown],
    ['an empty method', ['access', 'admin'], unknown(''), methodUnknown],
    ['a method of every object', ['access', 'admin'], unknown('constructor'), methodUnknown],
    ['such a method for nobody', [], unknown('x/y'), methodUnknown],
    ['a method the policy names', ['access', 'tasks'], unknown('tasks/get'), allowed],
    ['the same without its scope', ['access'], unknown('tasks/get'), lacking('access', 'tasks')],
    ['one that it names without scopes', ['access'], unknown('open'), allowed],
  ])('judges %s', (_what, held, operation, decision) => {
    expect(decide(holding(...held), operation, policy)).toEqual(decision);
  });

  it('judges every target and names what all of them need at once', () => {
    const both = asking(
      'subscriptions/listen',
      { type: 'resource', name: 'notes://1' },
      { type: 'tool', name: 'export' },
    );
    expect(decide(holding(), both, policy)).toEqual(lacking('access', 'read', 'write', 'export'));
    expect(decide(holding('access', 'read'), both, policy)).toEqual(
      lacking('access', 'read', 'write', 'export'),
    );
    expect(decide(holding('access', 'write', 'export'), both, policy)).toEqual(allowed);
  });

  it('asks for no scope where one target is closed to everybody', () => {
    const targets: Target[] = [
      { type: 'tool', name: 'export' },
      { type: 'resource', name: 'file:///a/..' },
    ];
    expect(decide(holding(), asking('subscriptions/listen', ...targets), policy)).toEqual(denied);
  });

  it('adds method scopes to those of the target', () => {
    const strict = policyOf({
      tools: [{ match: '*', scopes: ['a'] }],
      methods: { 'tools/*': ['b'], '*': ['never'] },
    });
    expect(decide(holding('a'), tool('x'), strict)).toEqual(lacking('b', 'a'));
    expect(decide(holding('a', 'b'), tool('x'), strict)).toEqual(allowed);
  });

  it('judges an empty method by the rules like any other', () => {
    const strict = policyOf({ methods: { '*': ['b'] } });
    for (const operation of [asking(''), unknown('')]) {
      expect(decide(holding(), operation, strict)).toEqual(lacking('b'));
      expect(decide(holding('b'), operation, strict)).toEqual(allowed);
    }
  });

  it('lets everything through without rules, but for methods nobody knows', () => {
    const none = policyOf({});
    const traversal = resource('file:///a/../b');
    for (const operation of [tool('x'), traversal, asking(null), asking('ping')]) {
      expect(decide(holding(), operation, none)).toEqual(allowed);
    }
    expect(decide(holding(), unknown('x'), none)).toEqual(methodUnknown);
  });

  it('denies everything of a section without rules', () => {
    const closed = policyOf({ tools: [], resources: [], prompts: [] });
    for (const type of ['tool', 'resource', 'prompt'] as const) {
      const operation = asking('any', { type, name: 'a' });
      expect(decide(holding('a'), operation, closed)).toEqual(denied);
    }
  });

  it('prefers the alternative that lacks least, and the first of equals', () => {
    const choice = policyOf({
      tools: [
        {
          match: '*',
          anyOf: [
            ['a', 'b'],
            ['c', 'd'],
            ['e', 'f'],
          ],
        },
      ],
    });
    expect(decide(holding(), tool('x'), choice)).toEqual(lacking('a', 'b'));
    expect(decide(holding('d'), tool('x'), choice)).toEqual(lacking('c', 'd'));
  });
});

describe('a resource that servers may know by two texts', () => {
  const secretive = policyOf({
    resources: [
      { match: 'file:///secret/**', scopes: ['admin'], introspect: true },
      { match: 'https://example.com/', scopes: ['site'] },
      { match: ['file:///**', 'FILE:///**'], scopes: ['read'] },
      { match: 'https://*', scopes: [] },
      { match: 'notes://{id}', scopes: ['notes'] },
    ],
  });

  it.each([
    ['file:///secret/a', ['admin']],
    ['FILE:///secret/a', ['read', 'admin']],
    ['file:///a', ['read']],
    ['https://example.com', ['site']],
    ['notes://{id}', ['notes']],
  ])('asks for what both need: %s', (uri, needed) => {
    expect(decide(holding(), resource(uri), secretive)).toEqual(lacking(...needed));
    const { allowed: passes } = decide(holding(...needed), resource(uri), secretive);
    expect(passes).toBe(true);
  });

  it('is denied where no rule fits one of them', () => {
    expect(decide(holding('read'), resource('file://localhost/a'), secretive)).toEqual(denied);
    expect(decide(holding('notes'), resource('notes://\u00e9'), secretive)).toEqual(denied);
  });

  it('is confirmed by the issuer where one of them has to be', () => {
    const decision = decide(holding('read', 'admin'), resource('FILE:///secret/a'), secretive);
    expect(decision).toEqual({ allowed: true, introspect: true });
  });
});

describe('a rule with introspect', () => {
  const asked = policyOf({
    tools: [
      { match: 'pay', scopes: ['write'], introspect: true },
      { match: '*', scopes: [] },
    ],
    resources: [{ match: 'file:///secret/**', scopes: [], introspect: true }],
    prompts: [{ match: 'p', scopes: [], introspect: true }],
  });
  const prompt = asking('prompts/get', { type: 'prompt', name: 'p' });

  it.each<[string, Operation, boolean]>([
    ['its tool', tool('pay'), true],
    ['another tool', tool('look'), false],
    ['its resource', resource('file:///secret/x'), true],
    ['its prompt', prompt, true],
    ['what has no target', asking('tools/list'), false],
  ])('asks the issuer about %s, or not', (_what, operation, introspect) => {
    expect(decide(holding('write'), operation, asked)).toEqual({ allowed: true, introspect });
  });

  it('asks for it where one of several targets does', () => {
    const names = ['look', 'pay', 'look'];
    const targets = names.map((name): Target => ({ type: 'tool', name }));
    const decision = decide(holding('write'), asking('x', ...targets), asked);
    expect(decision).toEqual({ allowed: true, introspect: true });
  });

  it('permits nothing by itself', () => {
    expect(decide(holding(), tool('pay'), asked)).toMatchObject({ code: 'scope_insufficient' });
  });

  it('is known of the policy as a whole', () => {
    expect(asked.introspects).toBe(true);
    expect(policy.introspects).toBe(false);
  });
});

describe('challengeScopes', () => {
  it('names what the policy knows of the held scopes, then what is needed, once', () => {
    expect(challengeScopes(holding('read', 'access', 'log'), ['access', 'write'], policy)).toEqual([
      'access',
      'read',
      'log',
      'write',
    ]);
  });

  it('repeats no scope that is foreign to the policy', () => {
    const principal = holding('openid', 'offline_access', 'other:api', 'access');
    expect(challengeScopes(principal, ['access', 'read'], policy)).toEqual(['access', 'read']);
  });

  it('does not add what the held scopes imply', () => {
    expect(challengeScopes(holding('admin'), ['access'], policy)).toEqual(['admin', 'access']);
  });
});

describe('for any policy, principal and operation', () => {
  const scope = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const scopes = fc.uniqueArray(scope, { maxLength: 3 });
  const name = fc.string({ unit: fc.constantFrom('x', 'y', '/'), maxLength: 3 });
  const pattern = fc.string({
    unit: fc.constantFrom('x', 'y', '/', '*'),
    minLength: 1,
    maxLength: 3,
  });
  const rules = fc.array(
    fc.oneof(
      fc.record({ match: pattern, scopes }),
      fc.record({
        match: pattern,
        anyOf: fc.array(fc.uniqueArray(scope, { minLength: 1, maxLength: 3 }), {
          minLength: 1,
          maxLength: 3,
        }),
      }),
    ),
    { maxLength: 4 },
  );
  const anyPolicy = fc
    .record(
      {
        required: scopes,
        scopes: fc.dictionary(scope, fc.record({ implies: scopes })),
        ...{ tools: rules, resources: rules, prompts: rules },
        methods: fc.dictionary(pattern, scopes, { maxKeys: 3 }),
      },
      { requiredKeys: [] },
    )
    .map(policyOf);
  const target: fc.Arbitrary<Target> = fc.record({
    type: fc.constantFrom('tool', 'resource', 'prompt'),
    name,
  });
  const operation: fc.Arbitrary<Operation> = fc.record({
    kind: fc.constant('request'),
    method: fc.option(name),
    known: fc.boolean(),
    targets: fc.array(target, { maxLength: 3 }),
    task: fc.constant(null),
  });
  const runs = { numRuns: 1_000 };

  it('never allows where a required scope is absent', () => {
    fc.assert(
      fc.property(anyPolicy, scopes, operation, (any, held, asked) => {
        const effective = effectiveScopes(new Set(held), any.hierarchy);
        fc.pre(!coversScopes(effective, any.required));
        expect(decide(holding(...held), asked, any).allowed).toBe(false);
      }),
      runs,
    );
  });

  it('allows once what it named is granted beside what is held', () => {
    fc.assert(
      fc.property(anyPolicy, scopes, operation, (any, held, asked) => {
        const principal = holding(...held);
        const before = decide(principal, asked, any);
        fc.pre(!before.allowed && before.code === 'scope_insufficient');
        const needed = 'needed' in before ? before.needed : [];
        expect(decide(holding(...held, ...needed), asked, any)).toEqual(allowed);
        // What the challenge names is enough too, for clients that replace their scopes by it.
        const challenged = challengeScopes(principal, needed, any);
        expect(decide(holding(...challenged), asked, any)).toEqual(allowed);
      }),
      runs,
    );
  });

  it('names only scopes of the policy, and at least one that is not held', () => {
    fc.assert(
      fc.property(anyPolicy, scopes, operation, (any, held, asked) => {
        const decision = decide(holding(...held), asked, any);
        if (!('needed' in decision)) return;
        expect(any.scopes).toEqual(expect.arrayContaining([...decision.needed]));
        expect(coversScopes(new Set(held), decision.needed)).toBe(false);
      }),
      runs,
    );
  });

  it('takes nothing away for a further scope', () => {
    fc.assert(
      fc.property(anyPolicy, scopes, scope, operation, (any, held, more, asked) => {
        fc.pre(decide(holding(...held), asked, any).allowed);
        expect(decide(holding(...held, more), asked, any)).toEqual(allowed);
      }),
      runs,
    );
  });

  it('says of closed operations the same to everybody', () => {
    fc.assert(
      fc.property(anyPolicy, scopes, operation, (any, held, asked) => {
        const decision = decide(holding(...held), asked, any);
        fc.pre(!decision.allowed && decision.code !== 'scope_insufficient');
        expect(decide(holding('a', 'b', 'c', 'd', 'e'), asked, any)).toEqual(decision);
      }),
      runs,
    );
  });
});
