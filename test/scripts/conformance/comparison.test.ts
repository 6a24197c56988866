import { describe, expect, it } from 'vitest';
import type { Check } from '../../../scripts/conformance/checks.ts';
import { compare, report } from '../../../scripts/conformance/comparison.ts';

const ping: Check = { scenario: 'ping', id: 'ping', status: 'SUCCESS', reason: '' };
const failed: Check = { ...ping, status: 'FAILURE', reason: 'HTTP 401' };
const run = { server: 'SDK v2', round: '0.1.16, all' };
const one = { passes: 1, stricter: [] };

describe('a comparison', () => {
  it('objects where the bare server passes too little, since equality would prove nothing', () => {
    expect(compare(run, { ...one, passes: 2 }, [ping, failed], [ping, failed]).unmet).toEqual([
      'only 1 checks passed directly, where 2 should',
    ]);
    expect(compare(run, one, [], []).unmet).toHaveLength(1);
  });

  it('holds what both sides passed, and where they differ', () => {
    expect(compare(run, one, [ping], [failed])).toEqual({
      ...run,
      direct: { passed: 1, failed: 0, other: 0 },
      through: { passed: 0, failed: 1, other: 0 },
      stricter: 0,
      unmet: [],
      differences: [
        { scenario: 'ping', id: 'ping', direct: ['SUCCESS'], through: ['FAILURE (HTTP 401)'] },
      ],
    });
  });
});

describe('a check that the gateway is expected to be stricter about', () => {
  const expectation = { passes: 0, stricter: ['ping'] };

  it.each([
    ['passes', [failed], [ping]],
    ['fails less often', [failed, failed], [failed]],
  ])('is no difference where it %s', (_how, direct, through) => {
    expect(compare(run, expectation, direct, through)).toMatchObject({
      stricter: 1,
      unmet: [],
      differences: [],
    });
  });

  it.each([
    ['does not differ', [failed], [failed]],
    ['is not made', [], []],
    ['fails where it did not', [ping], [failed]],
    ['fails more often', [failed], [failed, failed]],
    ['is a warning', [{ ...ping, status: 'WARNING' }], [ping]],
  ])('has to differ, and is missed where it %s', (_how, direct, through) => {
    expect(compare(run, expectation, direct, through).unmet).toEqual([
      'the gateway is not stricter about ping',
    ]);
  });

  it('excuses no other one', () => {
    const other = { ...failed, id: 'other' };
    const through = [ping, { ...other, status: 'SUCCESS' }];
    const { differences } = compare(run, expectation, [failed, other], through);
    expect(differences.map(({ id }) => id)).toEqual(['other']);
  });
});

it('the report is a table of all comparisons, with what is wrong below', () => {
  const comparisons = [
    compare(run, one, [ping], [ping]),
    compare({ ...run, server: 'SDK v1' }, one, [ping, ping], [failed]),
    compare({ ...run, server: 'SDK v1' }, { passes: 2, stricter: [] }, [ping], []),
  ];
  expect(report(comparisons)).toBe(
    `
server  suite        direct                       through the gateway          stricter  differences
SDK v2  0.1.16, all  1 passed, 0 failed, 0 other  1 passed, 0 failed, 0 other  0         0
SDK v1  0.1.16, all  2 passed, 0 failed, 0 other  0 passed, 1 failed, 0 other  0         1
SDK v1  0.1.16, all  1 passed, 0 failed, 0 other  0 passed, 0 failed, 0 other  0         1

SDK v1, 0.1.16, all: ping of ping
  direct:  SUCCESS; SUCCESS
  through: FAILURE (HTTP 401)

SDK v1, 0.1.16, all: only 1 checks passed directly, where 2 should.

SDK v1, 0.1.16, all: ping of ping
  direct:  SUCCESS
  through: not made`.trimStart(),
  );
});
