/** One thing wrong with the configuration: where it was set, what is wrong, what to do. */
export interface Problem {
  /** `--flag`, `ENVIRONMENT_NAME` or `file:line:column`. */
  readonly source: string;
  readonly message: string;
}

/** Everything wrong with the configuration, at once. Exit code 2 of the command line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ source, message }) => `${source}: ${message}`).join('\n'));
    this.problems = problems;
  }
}
