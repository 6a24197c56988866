import { type Check, type Difference, differences, type Tally, tally } from './checks.ts';

/** One server in one round, judged bare and behind the gateway. */
export interface Comparison {
  readonly server: string;
  readonly round: string;
  readonly direct: Tally;
  readonly through: Tally;
  /** Checks that the server should pass by itself, at least. */
  readonly passes: number;
  readonly differences: readonly Difference[];
}

/** Sets two judgements side by side. */
export function compare(
  about: Pick<Comparison, 'server' | 'round' | 'passes'>,
  direct: readonly Check[],
  through: readonly Check[],
): Comparison {
  const sides = { direct: tally(direct), through: tally(through) };
  return { ...about, ...sides, differences: differences(direct, through) };
}

/** Whether the bare server passes too little for equality to prove anything. */
export function fallsShort({ passes, direct }: Comparison): boolean {
  return direct.passed < passes;
}

function count({ passed, failed, other }: Tally): string {
  return `${passed} passed, ${failed} failed, ${other} other`;
}

/** All comparisons as a table; below it each difference, and which servers pass too little. */
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
  for (const comparison of comparisons) {
    const { server, round, passes } = comparison;
    if (fallsShort(comparison))
      lines.push('', `${server}, ${round}: fewer than ${passes} checks passed directly.`);
    for (const { scenario, id, direct, through } of comparison.differences) {
      lines.push('', `${server}, ${round}: ${id} of ${scenario}`);
      lines.push(`  direct:  ${direct.join('; ') || 'not made'}`);
      lines.push(`  through: ${through.join('; ') || 'not made'}`);
    }
  }
  return lines.join('\n');
}
