import { describe, expect, it } from 'vitest';
import {
  parseEnvironmentTemplate,
  type TemplatePart,
} from '../../src/core/environment-template.ts';

const text = (value: string): TemplatePart => ({ kind: 'text', text: value });

const variables: Readonly<Record<string, string>> = { STAGE: 'test' };

describe('parseEnvironmentTemplate', () => {
  it.each<[string, readonly TemplatePart[]]>([
    ['', []],
    ['/data/shared', [text('/data/shared')]],
    ['{principal}', [{ kind: 'principal' }]],
    ['/data/{principal}.json', [text('/data/'), { kind: 'principal' }, text('.json')]],
    ['{claim.team}{claim.team}', Array(2).fill({ kind: 'claim', name: 'team' })],
    [
      '{claim.https://acme.example/tenant}',
      [{ kind: 'claim', name: 'https://acme.example/tenant' }],
    ],
    ['{env.STAGE}', [text('test')]],
    ['{{time}} {{principal}}', [text('{time}'), text(' '), text('{principal}')]],
    ['{"a": {"b": 1}}', [text('{"a": {"b": 1}}')]],
    ['{} {1} { principal }', [text('{} {1} { principal }')]],
  ])('reads %s', (value, parts) => {
    expect(parseEnvironmentTemplate(value, (name) => variables[name])).toEqual(parts);
  });

  it.each(['{user}', '{claim}', '{claim.}', '{Principal}', '{principals}', '$' + '{HOME}'])(
    'does not guess what %s stands for',
    (value) => {
      expect(parseEnvironmentTemplate(value, () => 'x')).toContain('has the unknown placeholder {');
    },
  );

  it('knows only variables that are set', () => {
    expect(parseEnvironmentTemplate('{env.STAGE}', () => undefined)).toBe(
      'names the variable STAGE, which is not set',
    );
  });
});
