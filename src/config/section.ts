import type { WrittenCommand } from './child-command.ts';
import { isMapping, readMapping } from './file-mapping.ts';
import { type IssuerEntry, readIssuers } from './issuer-entries.ts';
import type { Problem } from './problem.ts';
import type { SettingName, Texts } from './settings.ts';
import type { KeyPath, YamlFile } from './yaml-file.ts';

/** A policy document in place. */
export interface InlinePolicy {
  readonly document: unknown;
  /** Where a part of the document stands. */
  place(path: KeyPath): string;
}

/** The top level of the configuration file or an entry of `upstreams`, its values still as written. */
export interface Section {
  readonly texts: Texts<SettingName>;
  /** Empty where it has no list of issuers. */
  readonly issuers: readonly IssuerEntry[];
  /** `null` for none. */
  readonly policy: InlinePolicy | null;
  /** What `upstream` says where it is a mapping; `null` where it is a URL or missing. */
  readonly command: WrittenCommand | null;
  /** `file:line:column: key` of what stands in it, or would. */
  origin(name: SettingName | 'issuers' | 'policy'): string;
  readonly problems: readonly Problem[];
}

export interface SectionOptions {
  readonly value: unknown;
  /** Settings that may stand here. */
  readonly names: readonly SettingName[];
  /** Further keys, which the caller reads. */
  readonly others: readonly string[];
}

/** Reads a section: settings in camel case, `issuers` and `policy`. Values are not checked here. */
export function readSection(
  file: YamlFile,
  path: KeyPath,
  { value, names, others }: SectionOptions,
): Section {
  const content = isMapping(value) ? value : {};
  const hasCommand = isMapping(content.upstream);
  const read = readMapping(file, path, {
    value,
    names: hasCommand ? names.filter((name) => name !== 'upstream') : names,
    others: ['issuers', 'policy', ...(hasCommand ? ['upstream'] : []), ...others],
  });
  const { entries, problems } = readIssuers(file, [...path, 'issuers'], content.issuers);
  /** A document in place, and where its parts stand. */
  const inPlace = (key: string) => ({
    place: (part: KeyPath) => `${file.place([...path, key, ...part])}: ${[...path, key].join('.')}`,
  });
  return {
    texts: read.texts,
    issuers: entries,
    policy:
      content.policy === undefined ? null : { document: content.policy, ...inPlace('policy') },
    command: hasCommand ? { value: content.upstream, ...inPlace('upstream') } : null,
    origin: (name) => `${file.placeOfKey([...path, name])}: ${[...path, name].join('.')}`,
    problems: [...read.problems, ...problems],
  };
}
