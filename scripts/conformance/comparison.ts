import { type Check, type Difference, differences, type Tally, tally } from './checks.ts';

/** One server in one round, judged bare and behind the gateway. */
export interface Comparison {
  readonly server: string;
  readonly round: string;
  readonly direct: Tally;
  readonly through: Tally;
  readonly differences: readonly Difference[];
}

/**
 * Sets two judgements side by side.
 *
 * @param atLeast checks that the bare server passes: equality of few would prove nothing.
 * @throws Error where it passes fewer.
 */
export function compare(
  { server, round, atLeast }: { server: string; round: string; atLeast: number },
  direct: readonly Check[],
  through: readonly Check[],
): Comparison {
  const sides = { direct: tally(direct), through: tally(through) };
  if (sides.direct.passed < atLeast) {
    throw new Error(
      `${server}, ${round}: only ${sides.direct.passed} checks passed without the gateway, where ${atLeast} should.`,
    );
  }
  return { server, round, ...sides, differences: differences(direct, through) };
}

function count({ passed, failed, other }: Tally): string {
  return `${passed} passed, ${failed} failed, ${other} other`;
}

/** All comparisons as a table, and each difference below it. */
export function report(comparisons: readonly Comparison[]): string {
  const rows = [
    ['server', 'suite', 'direct', 'through the gateway', 'differences'],
    ...comparisons.map((it) => [
      it.server,
      it.round,
      count(it.direct),
      count(it.through),
      `${it.differences.length}`,
    ]),
  ];
  const widths = (rows[0] ?? []).map((_title, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  for (const { server, round, differences } of comparisons) {
    for (const { scenario, id, direct, through } of differences) {
      lines.push('', `${server}, ${round}: ${id} of ${scenario}`);
      lines.push(`  direct:  ${direct.join('; ') || 'not made'}`);
      lines.push(`  through: ${through.join('; ') || 'not made'}`);
    }
  }
  return lines.join('\n');
}
