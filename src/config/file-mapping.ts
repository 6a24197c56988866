import { policyKeys } from '../policy/document.ts';
import { nearestName } from './nearest.ts';
import type { Problem } from './problem.ts';
import { type SettingName, settingDescriptions, type Texts } from './settings.ts';
import type { KeyPath, YamlFile } from './yaml-file.ts';

/** Settings of one mapping of the configuration file, still as written, and what is wrong there. */
export interface Mapping<Name extends string> {
  readonly texts: Texts<Name>;
  readonly problems: readonly Problem[];
}

export interface MappingOptions<Name extends string> {
  readonly value: unknown;
  /** Settings that may stand here. */
  readonly names: readonly Name[];
  /** Keys that are read elsewhere. */
  readonly others: readonly string[];
}

const descriptions = new Map<string, (typeof settingDescriptions)[number]>(
  settingDescriptions.map((description) => [description.name, description]),
);

/** Why a setting cannot stand in the file at all; `null` where it can. */
function refusalOf(key: string, path: KeyPath): string | null {
  const description = descriptions.get(key);
  if (description?.flag === null) {
    const away = `does not belong into this file. Name a file of its own in ${key}File`;
    return path.length > 0 ? away : `${away}, or set ${description.env}`;
  }
  return key === 'configFile'
    ? 'cannot name another file. Only --config-file and MCP_OAUTH_CONFIG_FILE do'
    : null;
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value of the file as a variable would hold it, or why that cannot be. */
function asText(value: unknown, path: KeyPath, file: YamlFile): { text: string } | string {
  if (typeof value === 'string') return { text: value };
  if (typeof value === 'number') return { text: file.writtenNumber(path) ?? `${value}` };
  if (typeof value === 'boolean') return { text: `${value}` };
  if (value === null) return 'is empty: give it a value or remove it';
  if (!Array.isArray(value)) return 'must be one value, or a list where several fit';
  if (!descriptions.get(`${path.at(-1)}`)?.list) return 'must be one value, not a list';
  const items: string[] = [];
  for (const [index, item] of value.entries()) {
    const read = asText(item, [...path, index], file);
    if (typeof read === 'string') return read;
    if (!/^[^\s,]+$/.test(read.text)) return 'must be a list of values without spaces and commas';
    items.push(read.text);
  }
  return { text: items.join(' ') };
}

/** Reads a mapping of settings; what may not stand in it is a problem. */
export function readMapping<Name extends SettingName>(
  file: YamlFile,
  path: KeyPath,
  { value, names, others }: MappingOptions<Name>,
): Mapping<Name> {
  const texts: Partial<Record<Name, string>> = {};
  const problems: Problem[] = [];
  if (!isMapping(value)) {
    const subject = path.length === 0 ? '' : `${path.join('.')}: `;
    const message = `${subject}must be a mapping of settings to values.`;
    return { texts, problems: [{ source: file.place(path), message }] };
  }
  const isName = (key: string): key is Name => names.some((name) => name === key);

  /** Why a key is not known here, with the nearest that is. */
  function unknown(key: string): string {
    if (descriptions.has(key) && path[0] === 'upstreams' && path.length === 2) {
      return 'is about the whole process. Move it to the top level of the file';
    }
    if (others.includes('policy') && policyKeys.includes(key)) {
      return 'is part of a policy. Move it below policy';
    }
    const permitted = [...names, ...others].filter((name) => refusalOf(name, path) === null);
    const nearest = nearestName(key, permitted);
    return `is not known here${nearest ? `; did you mean ${nearest}?` : ''}`;
  }

  for (const [key, written] of Object.entries(value)) {
    const here = [...path, key];
    const report = (message: string): void => {
      const source = `${file.placeOfKey(here)}: ${here.join('.')}`;
      problems.push({ source, message: message.endsWith('?') ? message : `${message}.` });
    };
    const refusal = refusalOf(key, path);
    if (refusal !== null) report(refusal);
    else if (isName(key)) {
      const read = asText(written, here, file);
      if (typeof read === 'string') report(read);
      else texts[key] = read.text;
    } else if (!others.includes(key)) report(unknown(key));
  }
  return { texts, problems };
}
