import type { ConfigFile } from './config-file.ts';
import type { Complain, Findings } from './findings.ts';
import type { SettingName, Settings } from './settings.ts';
import type { Sources } from './sources.ts';
import type { ReadFile } from './yaml-file.ts';

/** All sources, read and parsed, and where to note what is wrong with them. */
export interface Reading {
  readonly settings: Settings;
  readonly sources: Sources;
  readonly file: ConfigFile | null;
  readonly findings: Findings;
  readonly complain: Complain<SettingName>;
  readonly readFile: ReadFile;
}
