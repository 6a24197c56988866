import { ConfigError, type Problem } from './problem.ts';
import type { SettingName } from './settings.ts';
import type { Sources } from './sources.ts';

/** Notes a problem of a setting; `null` is none. A setting is complained of once. */
export type Complain = (name: SettingName, message: string | null) => void;

/** Collects problems while the checks go on, so that a user sees all of them in one run. */
export interface Findings {
  readonly problems: readonly Problem[];
  readonly complain: Complain;
  readonly origin: Sources['origin'];
  /** Runs a step and keeps the problems it throws; `null` where it threw. */
  attempt<T>(step: () => T): T | null;
}

/** Starts from what reading and parsing found. */
export function createFindings(
  sources: Sources,
  issues: readonly { readonly name: SettingName; readonly message: string }[],
): Findings {
  const problems: Problem[] = [...sources.problems];
  const complained = new Set<SettingName>();

  const complain: Complain = (name, message) => {
    if (message === null || complained.has(name)) return;
    complained.add(name);
    problems.push({ source: sources.origin(name), message: `${message}.` });
  };

  function attempt<T>(step: () => T): T | null {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return null;
    }
  }

  for (const { name, message } of issues) complain(name, message);
  return { problems, complain, origin: sources.origin, attempt };
}
