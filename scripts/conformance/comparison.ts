import { type Check, type Difference, differences, type Tally, tally } from './checks.ts';

/** What is known of a server in a round before it is judged. */
export interface Expectation {
  /** Checks that it passes by itself, at least: equality of few would prove nothing. */
  readonly passes: number;
  /**
   * Checks that it fails and that fail less behind the gateway, which answers what no server should
   * have to hear of. They have to differ; no other check may.
   */
  readonly stricter: readonly string[];
}

/** One server in one round, judged bare and behind the gateway. */
export interface Comparison {
  readonly server: string;
  readonly round: string;
  readonly direct: Tally;
  readonly through: Tally;
  /** How many checks fail less behind the gateway, as expected. */
  readonly stricter: number;
  /** What was expected and is not so. */
  readonly unmet: readonly string[];
  readonly differences: readonly Difference[];
}

function failures(outcomes: readonly string[]): number {
  return outcomes.filter((outcome) => outcome.startsWith('FAILURE')).length;
}

/** Sets two judgements side by side. */
export function compare(
  { server, round }: Pick<Comparison, 'server' | 'round'>,
  { passes, stricter }: Expectation,
  direct: readonly Check[],
  through: readonly Check[],
): Comparison {
  const sides = { direct: tally(direct), through: tally(through) };
  const all = differences(direct, through);
  const improved = all.filter(
    (it) => stricter.includes(it.id) && failures(it.through) < failures(it.direct),
  );
  const { passed } = sides.direct;
  const unmet = stricter
    .filter((id) => !improved.some((it) => it.id === id))
    .map((id) => `the gateway is not stricter about ${id}`);
  if (passed < passes) unmet.push(`only ${passed} checks passed directly, where ${passes} should`);
  const others = all.filter((it) => !improved.includes(it));
  return { server, round, ...sides, stricter: improved.length, unmet, differences: others };
}

function count({ passed, failed, other }: Tally): string {
  return `${passed} passed, ${failed} failed, ${other} other`;
}

/** All comparisons as a table; below it each difference, and what was expected and is not so. */
export function report(comparisons: readonly Comparison[]): string {
  const rows = [
    ['server', 'suite', 'direct', 'through the gateway', 'stricter', 'differences'],
    ...comparisons.map((it) => [
      it.server,
      it.round,
      count(it.direct),
      count(it.through),
      `${it.stricter}`,
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
  for (const { server, round, unmet, differences } of comparisons) {
    for (const expectation of unmet) lines.push('', `${server}, ${round}: ${expectation}.`);
    for (const { scenario, id, direct, through } of differences) {
      lines.push('', `${server}, ${round}: ${id} of ${scenario}`);
      lines.push(`  direct:  ${direct.join('; ') || 'not made'}`);
      lines.push(`  through: ${through.join('; ') || 'not made'}`);
    }
  }
  return lines.join('\n');
}
