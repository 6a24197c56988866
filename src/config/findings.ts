import { ConfigError, type Problem } from './problem.ts';

/** Notes a problem of a setting; `null` is none. A setting is complained of once. */
export type Complain<Name> = (name: Name, message: string | null) => void;

/** Collects problems while the checks go on, so that a user sees all of them in one run. */
export interface Findings {
  readonly problems: readonly Problem[];
  /** Complaints about settings, under the name or place where each was set. */
  about<Name>(origin: (name: Name) => string): Complain<Name>;
  /** Runs a step and keeps the problems it throws, each once; `null` where it threw. */
  attempt<T>(step: () => T): T | null;
}

/** Starts from what reading found. */
export function createFindings(found: readonly Problem[]): Findings {
  const problems: Problem[] = [...found];
  const complained = new Set<string>();

  return {
    problems,

    about: (origin) => (name, message) => {
      const source = origin(name);
      if (message === null || complained.has(source)) return;
      complained.add(source);
      problems.push({ source, message: `${message}.` });
    },

    attempt(step) {
      try {
        return step();
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        const isNew = ({ source, message }: Problem): boolean =>
          !problems.some((known) => known.source === source && known.message === message);
        problems.push(...error.problems.filter(isNew));
        return null;
      }
    },
  };
}
