import { isMapping } from './file-mapping.ts';
import { readSection, type Section } from './section.ts';
import { type SettingName, serviceSettingNames, settingDescriptions } from './settings.ts';
import type { YamlFile } from './yaml-file.ts';

/** The configuration file, its values still as written. */
export interface ConfigFile extends Section {
  /** Entries of `upstreams`; empty where the file has no such list. */
  readonly upstreams: readonly Section[];
}

const settingNames: readonly SettingName[] = settingDescriptions.map(({ name }) => name);

/**
 * Reads the configuration file: every setting under its name in camel case, `issuers`, `policy` and
 * `upstreams`. Values are checked later, together with those of all other sources.
 */
export function readConfigFile(file: YamlFile): ConfigFile {
  const { value } = file;
  const top = readSection(file, [], { value, names: settingNames, others: ['upstreams'] });
  const list = isMapping(value) ? value.upstreams : undefined;
  if (list === undefined) return { ...top, upstreams: [] };
  if (!Array.isArray(list) || list.length === 0) {
    const source = `${file.placeOfKey(['upstreams'])}: upstreams`;
    const message = 'must be a list of MCP servers, or be left out.';
    return { ...top, upstreams: [], problems: [...top.problems, { source, message }] };
  }
  const upstreams = list.map((entry: unknown, index) =>
    readSection(file, ['upstreams', index], {
      value: entry,
      names: serviceSettingNames,
      others: [],
    }),
  );
  const problems = upstreams.flatMap((entry) => entry.problems);
  return { ...top, upstreams, problems: [...top.problems, ...problems] };
}
