import type { Grant } from '../core/provider.ts';
import { parseGrants } from './grants.ts';
import type { IssuerSettingName } from './issuer-settings.ts';
import { nearestName } from './nearest.ts';
import type { Problem } from './problem.ts';
import {
  issuerSettingNames,
  type SettingName,
  settingDescriptions,
  type Texts,
} from './settings.ts';
import type { KeyPath, YamlFile } from './yaml-file.ts';

/** One entry of `issuers`. */
export interface IssuerEntry {
  readonly texts: Texts<IssuerSettingName>;
  readonly grants: readonly Grant[];
  /** Where a setting of the entry stands, or would. */
  origin(name: IssuerSettingName): string;
}

/** The configuration file, its values still as written. */
export interface ConfigFile {
  readonly texts: Texts<SettingName>;
  /** `file:line:column: key`. */
  origin(name: SettingName | 'issuers' | 'policy'): string;
  readonly issuers: readonly IssuerEntry[];
  /** The policy document in place; `undefined` for none. */
  readonly policy: unknown;
  place(path: KeyPath): string;
  readonly problems: readonly Problem[];
}

const settingNames: readonly SettingName[] = settingDescriptions.map(({ name }) => name);
const listNames: ReadonlySet<string> = new Set(
  settingDescriptions.filter(({ list }) => list).map(({ name }) => name),
);

const secretAway = 'does not belong into this file. Name a file of its own in clientSecretFile';

/** Why a setting cannot stand in the file; `null` where it can. */
function refusalOf(key: string, path: KeyPath): string | null {
  if (key === 'clientSecret') {
    return path.length > 0 ? secretAway : `${secretAway}, or set MCP_OAUTH_CLIENT_SECRET`;
  }
  return key === 'configFile'
    ? 'cannot name another file. Only --config-file and MCP_OAUTH_CONFIG_FILE do'
    : null;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value of the file as a variable would hold it, or why that cannot be. */
function asText(value: unknown, path: KeyPath, file: YamlFile): { text: string } | string {
  if (typeof value === 'string') return { text: value };
  if (typeof value === 'number') return { text: file.writtenNumber(path) ?? `${value}` };
  if (typeof value === 'boolean') return { text: `${value}` };
  if (value === null) return 'is empty: give it a value or remove it';
  if (!Array.isArray(value)) return 'must be one value, or a list where several fit';
  if (!listNames.has(`${path.at(-1)}`)) return 'must be one value, not a list';
  const items: string[] = [];
  for (const [index, item] of value.entries()) {
    const read = asText(item, [...path, index], file);
    if (typeof read === 'string') return read;
    if (!/^[^\s,]+$/.test(read.text)) return 'must be a list of values without spaces and commas';
    items.push(read.text);
  }
  return { text: items.join(' ') };
}

/** Reads a mapping of settings; what it does not know is a problem. */
function readMapping<Name extends string>(
  file: YamlFile,
  path: KeyPath,
  { value, names, others }: { value: unknown; names: readonly Name[]; others: readonly string[] },
): { texts: Texts<Name>; problems: Problem[] } {
  const texts: Partial<Record<Name, string>> = {};
  const problems: Problem[] = [];
  if (!isMapping(value)) {
    const subject = path.length === 0 ? '' : `${path.join('.')}: `;
    const message = `${subject}must be a mapping of settings to values.`;
    return { texts, problems: [{ source: file.place(path), message }] };
  }
  const isName = (key: string): key is Name => names.some((name) => name === key);
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
    } else if (!others.includes(key)) {
      const nearest = nearestName(
        key,
        [...names, ...others].filter((name) => refusalOf(name, path) === null),
      );
      report(`is not known here${nearest ? `; did you mean ${nearest}?` : ''}`);
    }
  }
  return { texts, problems };
}

function readIssuers(
  file: YamlFile,
  value: unknown,
): { entries: IssuerEntry[]; problems: Problem[] } {
  if (value === undefined) return { entries: [], problems: [] };
  if (!Array.isArray(value) || value.length === 0) {
    const source = `${file.placeOfKey(['issuers'])}: issuers`;
    return {
      entries: [],
      problems: [{ source, message: 'must be a list of issuers, or be left out.' }],
    };
  }
  const problems: Problem[] = [];
  const entries = value.map((entry: unknown, index): IssuerEntry => {
    const path = ['issuers', index];
    const read = readMapping(file, path, {
      value: entry,
      names: issuerSettingNames,
      others: ['grants'],
    });
    const granted =
      isMapping(entry) && entry.grants !== undefined ? parseGrants(entry.grants) : null;
    problems.push(...read.problems);
    for (const issue of granted?.issues ?? []) {
      const place = [...path, 'grants', ...issue.path];
      problems.push({
        source: `${file.place(place)}: ${place.join('.')}`,
        message: `${issue.message}.`,
      });
    }
    return {
      texts: read.texts,
      grants: granted?.grants ?? [],
      origin: (name) => `${file.placeOfKey([...path, name])}: ${[...path, name].join('.')}`,
    };
  });
  return { entries, problems };
}

/**
 * Reads the configuration file: every setting under its name in camel case, `issuers` and `policy`.
 * Values are checked later, together with those of all other sources.
 */
export function readConfigFile(file: YamlFile): ConfigFile {
  const { texts, problems } = readMapping(file, [], {
    value: file.value,
    names: settingNames,
    others: ['issuers', 'policy'],
  });
  const top = isMapping(file.value) ? file.value : {};
  const { entries, problems: issuerProblems } = readIssuers(file, top.issuers);
  return {
    texts,
    origin: (name) => `${file.placeOfKey([name])}: ${name}`,
    issuers: entries,
    policy: top.policy,
    place: file.place,
    problems: [...problems, ...issuerProblems],
  };
}
