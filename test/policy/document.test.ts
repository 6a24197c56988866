import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PolicyDocumentError, parsePolicyDocument } from '../../src/policy/document.ts';

function refusal(value: unknown): PolicyDocumentError {
  try {
    parsePolicyDocument(value);
  } catch (error) {
    if (error instanceof PolicyDocumentError) return error;
    throw error;
  }
  throw new Error('the document passed');
}

const rule = { match: 'a', scopes: ['x'] };

describe('parsePolicyDocument', () => {
  it.each<[string, unknown]>([
    ['nothing at all', {}],
    ['every section', { required: ['a'], tools: [rule], resources: [rule], prompts: [rule] }],
    ['sections without rules, which deny', { tools: [], resources: [], prompts: [] }],
    ['a rule that needs the required scopes alone', { tools: [{ match: 'ping', scopes: [] }] }],
    ['several patterns', { tools: [{ match: ['*_list', '*_get'], scopes: ['a'] }] }],
    ['alternatives', { tools: [{ match: '*', anyOf: [['a', 'b'], ['c']] }] }],
    [
      'introspection',
      {
        tools: [
          { ...rule, introspect: true },
          { match: 'b', anyOf: [['x']], introspect: false },
        ],
      },
    ],
    [
      'annotations',
      {
        tools: [
          { annotations: { readOnlyHint: true, openWorldHint: false }, scopes: ['a'] },
          { match: 'b_*', annotations: { destructiveHint: true }, anyOf: [['b']] },
        ],
      },
    ],
    ['what lists show and how a call is denied', { listing: 'all', denial: 'result' }],
    ['scopes of every grammar', { required: ['!', 'a:b', 'https://x/y?z=1', '~', 'a,b'] }],
    ['scopes that tell nothing', { scopes: { a: {} } }],
    ['all that a scope may tell', { scopes: { a: { implies: ['b'], title: 'A', stepUp: true } } }],
    ['scopes that imply each other', { scopes: { a: { implies: ['b'] }, b: { implies: ['a'] } } }],
    ['methods', { methods: { 'tasks/*': ['a'], '*': [] } }],
    ['names that objects have anyway', { scopes: { constructor: { implies: ['toString'] } } }],
    ['tools of such names', { tools: [{ match: ['__proto__', 'hasOwnProperty'], scopes: ['a'] }] }],
    ['an object without prototype', Object.assign(Object.create(null), { tools: [rule] })],
  ])('takes %s as it is written', (_what, document) => {
    expect(parsePolicyDocument(document)).toEqual(document);
  });

  const whole = 'must be a mapping with tools, resources, prompts, methods, scopes or required';
  const noEntry = 'must be a mapping; write {} where there is nothing to say';
  const noRule = 'must be a rule such as { match: "list_*", scopes: [mcp:read] }';
  const emptyPattern = 'an empty pattern fits nothing; use "*" for everything';
  const proto = 'cannot hold the name __proto__; remove it';
  const notScope = (text: string) =>
    `${text} is not a scope; use printable ASCII without spaces, quotes or backslashes`;

  it.each<[unknown, string]>([
    [null, `policy: ${whole}`],
    [undefined, `policy: ${whole}`],
    ['tools', `policy: ${whole}`],
    [0, `policy: ${whole}`],
    [false, `policy: ${whole}`],
    [[rule], `policy: ${whole}`],
    [new Map([['tools', []]]), `policy: ${whole}`],
    [Object.create({ required: ['a'] }), `policy: ${whole}`],
    [{ tools: [{ ...rule, introspect: 'yes' }] }, 'tools.0.introspect: must be true or false'],
    [{ tools: [{ ...rule, introspect: null }] }, 'tools.0.introspect: must be true or false'],
    [{ methods: { ping: { introspect: true } } }, 'methods.ping: must be a list of scopes'],
    [{ toools: [] }, 'policy: does not know toools; remove it or correct the spelling'],
    [{ constructor: 1 }, 'policy: does not know constructor; remove it or correct the spelling'],
    [{ a: 1, b: 2 }, 'policy: does not know a, b; remove it or correct the spelling'],
    [{ required: 'a' }, 'required: must be a list of scopes'],
    [{ required: null }, 'required: must be a list of scopes'],
    [{ required: [0] }, 'required.0: must be a scope, written as text'],
    [{ required: ['a', ''] }, `required.1: ${notScope('""')}`],
    [{ required: ['a b'] }, `required.0: ${notScope('"a b"')}`],
    [{ required: ['a\n'] }, `required.0: ${notScope('"a\\n"')}`],
    [{ required: ['é'] }, `required.0: ${notScope('"é"')}`],
    [
      { required: ['offline_access'] },
      'required.0: offline_access is about the login and never permits an operation; leave it out',
    ],
    [{ tools: null }, 'tools: must be a list of rules'],
    [{ tools: {} }, 'tools: must be a list of rules'],
    [{ prompts: new Set() }, 'prompts: must be a list of rules'],
    [{ tools: [null] }, `tools.0: ${noRule}`],
    [{ tools: ['list'] }, `tools.0: ${noRule}`],
    [{ tools: [[]] }, `tools.0: ${noRule}`],
    [{ tools: [rule, { match: 'a' }] }, 'tools.1: must have either scopes or anyOf'],
    [{ tools: [{ ...rule, anyOf: [['b']] }] }, 'tools.0: must have either scopes or anyOf'],
    [{ tools: [{ scopes: ['a'] }] }, 'tools.0: must have match, annotations or both'],
    [{ prompts: [{ scopes: ['a'] }] }, 'prompts.0.match: must be a pattern or a list of patterns'],
    [
      { prompts: [{ ...rule, annotations: { readOnlyHint: true } }] },
      'prompts.0: does not know annotations; remove it or correct the spelling',
    ],
    [
      { tools: [{ ...rule, annotations: true }] },
      'tools.0.annotations: must be a mapping such as { readOnlyHint: true }',
    ],
    [{ tools: [{ ...rule, annotations: {} }] }, 'tools.0.annotations: must name a hint'],
    [
      { tools: [{ annotations: { readOnlyHint: true, readOnly: true }, scopes: ['a'] }] },
      'tools.0.annotations: does not know readOnly; remove it or correct the spelling',
    ],
    [
      { tools: [{ annotations: { readOnlyHint: 'true' }, scopes: ['a'] }] },
      'tools.0.annotations.readOnlyHint: must be true or false',
    ],
    [{ listing: 'none' }, 'listing: must be permitted or all'],
    [{ listing: null }, 'listing: must be permitted or all'],
    [{ denial: true }, 'denial: must be challenge or result'],
    [{ tools: [{ ...rule, match: 0 }] }, 'tools.0.match: must be a pattern or a list of patterns'],
    [
      { tools: [{ ...rule, match: [0] }] },
      'tools.0.match: must be a pattern or a list of patterns',
    ],
    [{ tools: [{ ...rule, match: [] }] }, 'tools.0.match: must name a pattern'],
    [{ tools: [{ ...rule, match: '' }] }, `tools.0.match: ${emptyPattern}`],
    [{ tools: [{ ...rule, match: ['a', ''] }] }, `tools.0.match.1: ${emptyPattern}`],
    [{ tools: [{ match: 'a', scopes: 'x' }] }, 'tools.0.scopes: must be a list of scopes'],
    [{ tools: [{ match: 'a', scopes: null }] }, 'tools.0.scopes: must be a list of scopes'],
    [{ tools: [{ match: 'a', scopes: ['"'] }] }, `tools.0.scopes.0: ${notScope('"\\""')}`],
    [{ tools: [{ match: 'a', anyOf: 'x' }] }, 'tools.0.anyOf: must be a list of lists of scopes'],
    [{ tools: [{ match: 'a', anyOf: [] }] }, 'tools.0.anyOf: must offer an alternative'],
    [{ tools: [{ match: 'a', anyOf: ['x'] }] }, 'tools.0.anyOf.0: must be a list of scopes'],
    [
      { tools: [{ match: 'a', anyOf: [['x'], []] }] },
      'tools.0.anyOf.1: must not be empty, or it would need nothing',
    ],
    [
      { tools: [{ ...rule, anyOf: undefined }] },
      'tools.0.anyOf: must be a list of lists of scopes',
    ],
    [
      { tools: [{ ...rule, deny: true }] },
      'tools.0: does not know deny; remove it or correct the spelling',
    ],
    [
      { resources: [{ ...rule, match: 'file:///a/../b' }] },
      'resources.0.match: "file:///a/../b" fits nothing: resource URIs with dot segments, ' +
        'backslashes, spaces, or encoded dots, slashes, letters or digits are always refused',
    ],
    [{ scopes: ['a'] }, 'scopes: must be a mapping such as { mcp:write: { implies: [mcp:read] } }'],
    [{ scopes: null }, 'scopes: must be a mapping such as { mcp:write: { implies: [mcp:read] } }'],
    [{ scopes: { 'a b': {} } }, `scopes.a b: ${notScope('"a b"')}`],
    [
      { scopes: { openid: {} } },
      'scopes.openid: openid is about the login and never permits an operation; leave it out',
    ],
    [{ scopes: { a: null } }, `scopes.a: ${noEntry}`],
    [{ scopes: { a: 'b' } }, `scopes.a: ${noEntry}`],
    [{ scopes: { a: { implies: 'b' } } }, 'scopes.a.implies: must be a list of scopes'],
    [{ scopes: { a: { title: 1 } } }, 'scopes.a.title: must be text'],
    [{ scopes: { a: { stepUp: 'yes' } } }, 'scopes.a.stepUp: must be true or false'],
    [
      { scopes: { a: { stepup: true } } },
      'scopes.a: does not know stepup; remove it or correct the spelling',
    ],
    [{ methods: [] }, 'methods: must be a mapping such as { "logging/*": [mcp:write] }'],
    [{ methods: { '': ['a'] } }, `methods.: ${emptyPattern}`],
    [{ methods: { x: 'a' } }, 'methods.x: must be a list of scopes'],
    [{ methods: { x: ['a\\'] } }, `methods.x.0: ${notScope('"a\\\\"')}`],
    [JSON.parse('{"__proto__":{"required":[]}}'), `policy: ${proto}`],
    [JSON.parse('{"scopes":{"__proto__":{"stepUp":true}}}'), `scopes: ${proto}`],
    [JSON.parse('{"scopes":{"a":{"__proto__":{"stepUp":true}}}}'), `scopes.a: ${proto}`],
    [JSON.parse('{"methods":{"__proto__":["a"]}}'), `methods: ${proto}`],
    [
      JSON.parse('{"tools":[{"match":"a","scopes":["x"],"__proto__":{"anyOf":[]}}]}'),
      `tools.0: ${proto}`,
    ],
  ])('refuses %j in one sentence that says where', (document, message) => {
    const error = refusal(document);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(message);
  });

  it('does not take an ordered map of YAML 1.1 for an empty policy', () => {
    const document = parse('%YAML 1.1\n--- !!omap\n- required: [admin]\n');
    expect(refusal(document).message).toMatch(/^policy: must be a mapping/);
  });

  it('reports everything that is wrong at once', () => {
    const error = refusal({ required: ['a b'], tools: [{ match: '' }], extra: 1 });
    expect(error.issues.map(({ path }) => path.join('.'))).toEqual([
      'required.0',
      'tools.0.match',
      'tools.0',
      '',
    ]);
    expect(error.message.split('\n')).toHaveLength(4);
  });

  it('never answers in the words of the schema library', () => {
    const keys = [
      'required',
      'scopes',
      'tools',
      'resources',
      'prompts',
      'methods',
      '',
      '__proto__',
    ];
    const inner = ['match', 'scopes', 'anyOf', 'implies', 'title', 'stepUp'];
    const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, 0, false, '', 'a', '*', undefined),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom(...inner, 'x'), tie('value'), { maxKeys: 3 }),
      ),
    }));
    const document = fc.dictionary(fc.constantFrom(...keys), anything, { maxKeys: 3 });
    fc.assert(
      fc.property(document, (candidate) => {
        try {
          parsePolicyDocument(candidate);
        } catch (error) {
          expect(error).toBeInstanceOf(PolicyDocumentError);
          expect(String(error)).not.toMatch(/invalid|expected|received|record/i);
        }
      }),
      { numRuns: 500 },
    );
  });
});
