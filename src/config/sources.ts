import { nearestName } from './nearest.ts';
import type { Problem } from './problem.ts';
import { type SettingName, settingDescriptions } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type SettingTexts = Readonly<Partial<Record<SettingName, string>>>;

/** Setting texts of all sources merged, and where each came from. */
export interface Sources {
  readonly texts: SettingTexts;
  /** Name of the flag or variable that set it; the variable's name for what nothing set. */
  origin(name: SettingName): string;
  readonly problems: readonly Problem[];
}

function unknownNames(env: Environment): Problem[] {
  const known = settingDescriptions.map((setting) => setting.env);
  return Object.keys(env)
    .filter((name) => name.startsWith('MCP_OAUTH_') && !known.includes(name))
    .map((name) => {
      const nearest = known.find((own) => `MCP_OAUTH_${own}` === name) ?? nearestName(name, known);
      const hint = nearest ? `did you mean ${nearest}?` : 'run mcp-doorman --help for all names.';
      return { source: name, message: `is no setting of this version; ${hint}` };
    });
}

/**
 * Merges flags over environment variables. A name beginning with `MCP_OAUTH_` that is no setting is
 * a problem, because a misspelt protection is no protection.
 */
export function readSources(env: Environment, flags: SettingTexts): Sources {
  const texts: Partial<Record<SettingName, string>> = {};
  const origins = new Map<SettingName, string>();
  for (const setting of settingDescriptions) {
    const flag = flags[setting.name];
    const text = flag ?? env[setting.env];
    origins.set(setting.name, flag === undefined ? setting.env : setting.flag);
    if (text !== undefined) texts[setting.name] = text;
  }
  return { texts, origin: (name) => origins.get(name) ?? name, problems: unknownNames(env) };
}
