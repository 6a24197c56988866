/**
 * Refuses an option that there is not, for callers whom no compiler warns: a misspelt protection is
 * no protection.
 *
 * @param names every option there is.
 * @throws TypeError naming it
 */
export function checkOptionNames(options: object, names: Readonly<Record<string, true>>): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    throw new TypeError(`${name} is no option; there are ${Object.keys(names).join(', ')}`);
  }
}

/** @throws TypeError for a value that is none of those there are, and is given */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return;
  throw new TypeError(`${name} must be one of ${choices.join(', ')}`);
}

/** What is set by two variables is one option. */
const client = 'MCP_OAUTH_CLIENT_ID and MCP_OAUTH_CLIENT_SECRET';

/** What speaks of settings as operators know them; here they are options. */
function inOptionNames(message: string): string {
  return message
    .replaceAll(client, 'client')
    .replace(/\bMCP_OAUTH_([A-Z]+(?:_[A-Z]+)*)/g, (_, name: string) =>
      name.toLowerCase().replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
    );
}

/**
 * Runs a step that complains of settings.
 *
 * @throws TypeError that complains of options instead
 */
export function withOptionNames<Result>(step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(inOptionNames(error.message));
  }
}
