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
  readonly auth0: typeof auth0;
  readonly okta: typeof okta;
  readonly keycloak: typeof keycloak;
  readonly google: typeof google;
  readonly entra: typeof entra;
  readonly cognito: typeof cognito;
  readonly generic: typeof generic;
} = { auth0, okta, keycloak, google, entra, cognito, generic };

/** The adapter for an issuer string: the one that knows it as its own, else the generic one. */
export function adapterFor(issuer: string): ProviderAdapter {
  const special: readonly ProviderAdapter[] = Object.values(providers).filter(
    (adapter) => adapter !== generic,
  );
  return special.find((adapter) => adapter.recognizes(issuer)) ?? generic;
}
