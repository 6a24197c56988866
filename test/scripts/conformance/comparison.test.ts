import { describe, expect, it } from 'vitest';
import type { Check } from '../../../scripts/conformance/checks.ts';
import { compare, fallsShort, report } from '../../../scripts/conformance/comparison.ts';

const ping: Check = { scenario: 'ping', id: 'ping', status: 'SUCCESS', reason: '' };
const failed: Check = { ...ping, status: 'FAILURE', reason: 'HTTP 401' };
const run = { server: 'SDK v2', round: '0.1.16, all', passes: 1 };

describe('a comparison', () => {
  it('falls short where the bare server passes too little, since equality would prove nothing', () => {
    const two = { ...run, passes: 2 };
    expect(fallsShort(compare(two, [ping, failed], [ping, failed]))).toBe(true);
    expect(fallsShort(compare(two, [ping, ping], [failed, failed]))).toBe(false);
    expect(fallsShort(compare(run, [], []))).toBe(true);
  });

  it('holds what both sides passed, and where they differ', () => {
    expect(compare(run, [ping], [failed])).toEqual({
      ...run,
      direct: { passed: 1, failed: 0, other: 0 },
      through: { passed: 0, failed: 1, other: 0 },
      differences: [
        { scenario: 'ping', id: 'ping', direct: ['SUCCESS'], through: ['FAILURE (HTTP 401)'] },
      ],
    });
  });

  it('finds a difference as well where the gateway does better', () => {
    expect(compare(run, [failed], [ping]).differences).toHaveLength(1);
  });
});

it('the report is a table of all comparisons, with what is wrong below', () => {
  const comparisons = [
    compare(run, [ping], [ping]),
    compare({ ...run, server: 'SDK v1' }, [ping, ping], [failed]),
    compare({ ...run, server: 'SDK v1', passes: 2 }, [ping], []),
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

SDK v1, 0.1.16, all: fewer than 2 checks passed directly.

SDK v1, 0.1.16, all: ping of ping
  direct:  SUCCESS
  through: not made`.trimStart(),
  );
});
