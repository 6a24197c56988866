import { describe, expect, it } from 'vitest';
import { systemPorts } from '../../src/core/ports.ts';
import { createChildLog } from '../../src/gateway/stdio-log.ts';
import { manualClock } from '../support/clock.ts';

function setUp() {
  const clock = manualClock();
  const lines: unknown[] = [];
  const info = (event: string, fields = {}): void => void lines.push([event, fields]);
  return { clock, lines, log: createChildLog({ ...systemPorts.log, info }, clock, 7) };
}

describe('the log of a child', () => {
  it('has its words without control characters, and not too many in a line', () => {
    const { lines, log } = setUp();
    log.stderr('\u001b[31mred\u001b[0m\tand\r');
    log.stderr('x'.repeat(2_000));
    expect(lines).toEqual([
      ['upstream_stderr', { pid: 7, text: '[31mred [0m and' }],
      ['upstream_stderr', { pid: 7, text: 'x'.repeat(1_000) }],
    ]);
  });

  it('has fifty lines in ten seconds, and then how many are missing', () => {
    const { clock, lines, log } = setUp();
    for (let line = 0; line < 80; line += 1) log.stderr(`${line}`);
    expect(lines).toHaveLength(50);
    clock.advance(10_000);
    log.stderr('later');
    expect(lines.at(-1)).toEqual(['upstream_stderr', { pid: 7, text: 'later', omitted: 30 }]);
  });
});
