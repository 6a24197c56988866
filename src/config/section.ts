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
  const read = readMapping(file, path, { value, names, others: ['issuers', 'policy', ...others] });
  const content = isMapping(value) ? value : {};
  const { entries, problems } = readIssuers(file, [...path, 'issuers'], content.issuers);
  const policyPath = [...path, 'policy'];
  return {
    texts: read.texts,
    issuers: entries,
    policy:
      content.policy === undefined
        ? null
        : {
            document: content.policy,
            place: (part) => `${file.place([...policyPath, ...part])}: ${policyPath.join('.')}`,
          },
    origin: (name) => `${file.placeOfKey([...path, name])}: ${[...path, name].join('.')}`,
    problems: [...read.problems, ...problems],
  };
}
