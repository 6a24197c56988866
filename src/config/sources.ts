import type { ConfigFile } from './config-file.ts';
import { nearestName } from './nearest.ts';
import type { Problem } from './problem.ts';
import { type SettingName, settingDescriptions, type Texts } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type SettingTexts = Texts<SettingName>;

/** Setting texts of all sources merged, and where each came from. */
export interface Sources {
  readonly texts: SettingTexts;
  /**
   * Name of the flag or variable that set it, or its place in the file; the variable's name for
   * what nothing set.
   */
  origin(name: SettingName): string;
}

/**
 * Names beginning with `MCP_OAUTH_` that are no setting: a misspelt protection is no protection.
 */
export function unknownVariables(env: Environment): readonly Problem[] {
  const known = settingDescriptions.map((setting) => setting.env);
  return Object.keys(env)
    .filter((name) => name.startsWith('MCP_OAUTH_') && !known.includes(name))
    .map((name) => {
      const nearest = known.find((own) => `MCP_OAUTH_${own}` === name) ?? nearestName(name, known);
      const hint = nearest ? `did you mean ${nearest}?` : 'run mcp-doorman --help for all names.';
      return { source: name, message: `is no setting of this version; ${hint}` };
    });
}

/** Merges flags over environment variables over the configuration file. */
export function readSources(
  env: Environment,
  flags: SettingTexts,
  file: ConfigFile | null,
): Sources {
  const texts: Partial<Record<SettingName, string>> = {};
  const origins = new Map<SettingName, string>();
  for (const { name, env: variable, flag } of settingDescriptions) {
    const candidates = [
      { text: flag === null ? undefined : flags[name], origin: flag ?? variable },
      { text: env[variable], origin: variable },
      { text: file?.texts[name], origin: file?.origin(name) ?? variable },
    ];
    const winner = candidates.find(({ text }) => text !== undefined);
    origins.set(name, winner?.origin ?? variable);
    if (winner?.text !== undefined) texts[name] = winner.text;
  }
  return { texts, origin: (name) => origins.get(name) ?? name };
}
