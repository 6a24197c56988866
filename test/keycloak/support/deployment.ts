import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck: {
    readonly test: readonly string[];
    readonly interval: string;
    readonly timeout: string;
    readonly retries: number;
    readonly start_period: string;
  };
}

export interface Compose {
  readonly services: Readonly<Record<'keycloak' | 'everything' | 'doorman', ComposeService>>;
}

/** The folder that the deployment's files stand in. */
export const deployFolder: URL = new URL('../../../deploy/keycloak/', import.meta.url);

export function readDeployFile(name: string): string {
  return readFileSync(new URL(name, deployFolder), 'utf8');
}

export function readCompose(): Compose {
  return parse(readDeployFile('compose.yaml')) as Compose;
}

/** A service's environment as compose hands it on when nothing is set around it. */
export function environmentOf({ environment }: ComposeService): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/\$\{\w+:-([^}]*)\}/g, '$1'),
    ]),
  );
}
