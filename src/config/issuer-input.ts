import type { Grant } from '../core/provider.ts';
import type { Complain, Findings } from './findings.ts';
import type { IssuerSettingName, IssuerSettings } from './issuer-settings.ts';

/** The settings of one issuer, and how to speak of them where they were set. */
export interface IssuerInput {
  readonly settings: IssuerSettings;
  readonly grants: readonly Grant[];
  origin(name: IssuerSettingName): string;
  /** What a setting is called there: a variable or a key. */
  label(name: IssuerSettingName): string;
  /** Where a secret can be set: a variable holds it, a file only names another file with it. */
  readonly secretName: 'clientSecret' | 'clientSecretFile';
  readonly complain: Complain<IssuerSettingName>;
  readonly attempt: Findings['attempt'];
}
