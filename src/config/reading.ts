import type { WrittenCommand } from './child-command.ts';
import type { Complain, Findings } from './findings.ts';
import type { IssuerEntry } from './issuer-entries.ts';
import type { InlinePolicy } from './section.ts';
import type { SettingName, Settings } from './settings.ts';
import type { Environment, Sources } from './sources.ts';
import type { ReadFile } from './yaml-file.ts';

/** What is set about one service, read and parsed, and where to note what is wrong with it. */
export interface Reading {
  readonly settings: Settings;
  readonly sources: Sources;
  /** The list of the configuration file that counts for this service; empty for none. */
  readonly issuers: readonly IssuerEntry[];
  /** The policy in the configuration file that counts for this service; `null` for none. */
  readonly policy: InlinePolicy | null;
  /** The command that starts the MCP server; `null` where that runs by itself. */
  readonly command: WrittenCommand | null;
  /** Variables of the gateway, which a command may ask for. */
  readonly env: Environment;
  /** Whether it is an entry of `upstreams`, where a setting goes by its key. */
  readonly isEntry: boolean;
  readonly findings: Findings;
  readonly complain: Complain<SettingName>;
  readonly readFile: ReadFile;
}
