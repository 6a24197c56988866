/** One check of one scenario, as the suite has judged it. */
export interface Check {
  readonly scenario: string;
  readonly id: string;
  /** `SUCCESS`, `FAILURE`, `WARNING`, `INFO` or `SKIPPED`; our own `BROKEN OFF` for a whole scenario. */
  readonly status: string;
  /** Why, where the suite says so; never compared, since it names ports and times. */
  readonly reason: string;
}

/** One check that came out differently; each side as often as the scenario made it. */
export interface Difference {
  readonly scenario: string;
  readonly id: string;
  readonly direct: readonly string[];
  readonly through: readonly string[];
}

interface Report {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly errorMessage?: unknown;
}

/**
 * Reads what the suite wrote about one scenario.
 *
 * @param folder name of its folder: `server-<scenario>-<time>`.
 * @param text of the `checks.json` in it; `null` where the scenario broke off before it was written,
 *   as some do on a server that knows nothing of them.
 * @throws Error where it is no list of checks.
 */
export function readChecks(folder: string, text: string | null): Check[] {
  const scenario = folder.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
  if (text === null) return [{ scenario, id: 'scenario', status: 'BROKEN OFF', reason: '' }];
  const reports: unknown = JSON.parse(text);
  if (!Array.isArray(reports)) throw new Error(`${folder} holds no list of checks.`);
  return reports.map(({ id, status, errorMessage }: Report) => {
    if (typeof id !== 'string' || typeof status !== 'string') {
      throw new Error(`${folder} holds a check without an id or a status.`);
    }
    return { scenario, id, status, reason: typeof errorMessage === 'string' ? errorMessage : '' };
  });
}

/** Some reasons hold whole messages. */
const longestReason = 200;

function outcome({ status, reason }: Check): string {
  if (reason === '') return status;
  const short = reason.length > longestReason ? `${reason.slice(0, longestReason)} ...` : reason;
  return `${status} (${short})`;
}

/** Every check of which the two sides have not the same statuses, each the same number of times. */
export function differences(direct: readonly Check[], through: readonly Check[]): Difference[] {
  const groups = new Map<string, { direct: Check[]; through: Check[] }>();
  for (const [side, checks] of Object.entries({ direct, through })) {
    for (const check of checks) {
      const key = JSON.stringify([check.scenario, check.id]);
      const group = groups.get(key) ?? { direct: [], through: [] };
      groups.set(key, group);
      group[side as 'direct' | 'through'].push(check);
    }
  }
  const statuses = (checks: readonly Check[]): string =>
    checks
      .map(({ status }) => status)
      .sort()
      .join();
  return [...groups.entries()]
    .filter(([, group]) => statuses(group.direct) !== statuses(group.through))
    .map(([key, group]) => {
      const [scenario, id] = JSON.parse(key) as [string, string];
      return {
        scenario,
        id,
        direct: group.direct.map(outcome),
        through: group.through.map(outcome),
      };
    });
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Warnings, remarks and what the suite has skipped. */
  readonly other: number;
}

export function tally(checks: readonly Check[]): Tally {
  const count = (status: string): number => checks.filter((it) => it.status === status).length;
  const [passed, failed] = [count('SUCCESS'), count('FAILURE')];
  return { passed, failed, other: checks.length - passed - failed };
}
