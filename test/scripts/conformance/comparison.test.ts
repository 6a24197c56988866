import { describe, expect, it } from 'vitest';
import type { Check } from '../../../scripts/conformance/checks.ts';
import { compare, report } from '../../../scripts/conformance/comparison.ts';

const ping: Check = { scenario: 'ping', id: 'ping', status: 'SUCCESS', reason: '' };
const failed: Check = { ...ping, status: 'FAILURE', reason: 'HTTP 401' };
const run = { server: 'SDK v2', round: '0.1.16, all', atLeast: 1 };

describe('a comparison', () => {
  it('is refused where the bare server passes too little, since equality would prove nothing', () => {
    expect(() => compare({ ...run, atLeast: 2 }, [ping, failed], [ping, ping])).toThrow(
      'SDK v2, 0.1.16, all: only 1 checks passed without the gateway, where 2 should.',
    );
    expect(() => compare(run, [], [])).toThrow('only 0 checks passed');
  });

  it('holds what both sides passed, and where they differ', () => {
    expect(compare(run, [ping], [failed])).toEqual({
      server: 'SDK v2',
      round: '0.1.16, all',
      direct: { passed: 1, failed: 0, other: 0 },
      through: { passed: 0, failed: 1, other: 0 },
      differences: [
        { scenario: 'ping', id: 'ping', direct: ['SUCCESS'], through: ['FAILURE (HTTP 401)'] },
      ],
    });
  });
});

it('the report is a table of all comparisons, with each difference below', () => {
  const comparisons = [
    compare(run, [ping], [ping]),
    compare({ ...run, server: 'SDK v1' }, [ping, ping], [failed]),
    compare({ ...run, server: 'SDK v1' }, [ping], []),
  ];
  expect(report(comparisons)).toBe(
    `
server  suite        direct                       through the gateway          differences
SDK v2  0.1.16, all  1 passed, 0 failed, 0 other  1 passed, 0 failed, 0 other  0
SDK v1  0.1.16, all  2 passed, 0 failed, 0 other  0 passed, 1 failed, 0 other  1
SDK v1  0.1.16, all  1 passed, 0 failed, 0 other  0 passed, 0 failed, 0 other  1

SDK v1, 0.1.16, all: ping of ping
  direct:  SUCCESS; SUCCESS
  through: FAILURE (HTTP 401)

SDK v1, 0.1.16, all: ping of ping
  direct:  SUCCESS
  through: not made`.trimStart(),
  );
});
