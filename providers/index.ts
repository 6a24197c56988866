import type { ProviderAdapter } from '../src/core/provider.ts';
import { auth0 } from './auth0.ts';
import { cognito } from './cognito.ts';
import { entra } from './entra.ts';
import { generic } from './generic.ts';
import { google } from './google.ts';
import { keycloak } from './keycloak.ts';
import { okta } from './okta.ts';

/** The built-in adapters by name: the one list, from which everything else derives. */
export const providers: {
  readonly [name in
    | 'auth0'
    | 'okta'
    | 'keycloak'
    | 'google'
    | 'entra'
    | 'cognito'
    | 'generic']: ProviderAdapter;
} = { auth0, okta, keycloak, google, entra, cognito, generic };

/** The adapter for an issuer string: the one that knows it as its own, else the generic one. */
export function adapterFor(issuer: string): ProviderAdapter {
  const special = Object.values(providers).filter((adapter) => adapter !== generic);
  return special.find((adapter) => adapter.recognizes(issuer)) ?? generic;
}
