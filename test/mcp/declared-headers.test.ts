import { describe, expect, it } from 'vitest';
import { declaredHeaders } from '../../src/mcp/declared-headers.ts';

const region = { type: 'string', 'x-mcp-header': 'Region' };
const declared = { name: 'Region', path: ['region'] };
const withRegion = (property: unknown) => ({ type: 'object', properties: { region: property } });

describe('the headers that a tool declares', () => {
  it.each(['string', 'integer', 'number', 'boolean'])('stand for properties of type %s', (type) => {
    expect(declaredHeaders(withRegion({ ...region, type }))).toEqual([declared]);
  });

  it('may have other names than their arguments, at any depth below properties', () => {
    const place = { ...withRegion(region), 'x-mcp-header': 'Place' };
    const schema = { properties: { zone: { ...region, 'x-mcp-header': 'Zone-1' }, place } };
    expect(declaredHeaders(schema)).toEqual([
      { name: 'Zone-1', path: ['zone'] },
      { name: 'Region', path: ['place', 'region'] },
    ]);
  });

  it.each([
    ['no name of a header', withRegion({ ...region, 'x-mcp-header': 'a b' })],
    ['an empty name', withRegion({ ...region, 'x-mcp-header': '' })],
    ['a name that is no text', withRegion({ ...region, 'x-mcp-header': 1 })],
    ['a list', withRegion({ ...region, type: 'array' })],
    ['no type', withRegion({ 'x-mcp-header': 'Region' })],
    ['items of a list', withRegion({ type: 'array', items: region })],
    ['a branch', { anyOf: [withRegion(region)] }],
    ['a definition', { $defs: { region } }],
    ['the arguments as a whole', { ...region, type: 'object' }],
  ])('are none where the keyword stands at %s', (_what, schema) => {
    expect(declaredHeaders(schema)).toEqual([]);
  });

  it.each([undefined, null, 1, 'x', [], {}, { properties: [region] }, { properties: { a: null } }])(
    'are none in what is no schema: %j',
    (schema) => {
      expect(declaredHeaders(schema)).toEqual([]);
    },
  );

  it('are looked for down to the depth of a message that is read at all', () => {
    const deep = (levels: number): unknown =>
      levels === 0 ? region : withRegion(deep(levels - 1));
    expect(declaredHeaders(deep(100))).toHaveLength(1);
    expect(declaredHeaders(deep(5_000))).toEqual([]);
  });
});
