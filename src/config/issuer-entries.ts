import type { Grant } from '../core/provider.ts';
import { isMapping, readMapping } from './file-mapping.ts';
import { parseGrants } from './grants.ts';
import type { IssuerSettingName } from './issuer-settings.ts';
import type { Problem } from './problem.ts';
import { issuerSettingNames, type Texts } from './settings.ts';
import type { KeyPath, YamlFile } from './yaml-file.ts';

/** One entry of `issuers`. */
export interface IssuerEntry {
  readonly texts: Texts<IssuerSettingName>;
  readonly grants: readonly Grant[];
  /** Where a setting of the entry stands, or would. */
  origin(name: IssuerSettingName): string;
}

/**
 * Reads a list of issuers.
 *
 * @param path where the list stands.
 * @param value `undefined` where there is none.
 */
export function readIssuers(
  file: YamlFile,
  path: KeyPath,
  value: unknown,
): { readonly entries: readonly IssuerEntry[]; readonly problems: readonly Problem[] } {
  if (value === undefined) return { entries: [], problems: [] };
  if (!Array.isArray(value) || value.length === 0) {
    const source = `${file.placeOfKey(path)}: ${path.join('.')}`;
    return {
      entries: [],
      problems: [{ source, message: 'must be a list of issuers, or be left out.' }],
    };
  }
  const problems: Problem[] = [];
  const entries = value.map((entry: unknown, index): IssuerEntry => {
    const here = [...path, index];
    const read = readMapping(file, here, {
      value: entry,
      names: issuerSettingNames,
      others: ['grants'],
    });
    const granted =
      isMapping(entry) && entry.grants !== undefined ? parseGrants(entry.grants) : null;
    problems.push(...read.problems);
    for (const issue of granted?.issues ?? []) {
      const place = [...here, 'grants', ...issue.path];
      problems.push({
        source: `${file.place(place)}: ${place.join('.')}`,
        message: `${issue.message}.`,
      });
    }
    return {
      texts: read.texts,
      grants: granted?.grants ?? [],
      origin: (name) => `${file.placeOfKey([...here, name])}: ${[...here, name].join('.')}`,
    };
  });
  return { entries, problems };
}
