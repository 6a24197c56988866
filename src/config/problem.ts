/** One thing wrong with the configuration: where it was set, what is wrong, what to do. */
export interface Problem {
  /** `--flag`, `ENVIRONMENT_NAME`, or `file:line:column` with the key where a setting stands. */
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

/** One thing wrong with a document, and which part of it. */
interface Issue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Issues of a document as problems of the place where it stands. */
export function problemsAt(
  issues: readonly Issue[],
  place: (path: Issue['path']) => string,
): readonly Problem[] {
  return issues.map(({ path, message }) => ({
    source: place(path),
    message: path.length === 0 ? message : `${path.join('.')}: ${message}`,
  }));
}
