import { adapterFor, providers } from '../../providers/index.ts';
import type { TrustedIssuer } from '../core/issuer.ts';
import type { IssuerProfile, ProviderAdapter } from '../core/provider.ts';
import { readClient } from './client-credentials.ts';
import type { IssuerInput } from './issuer-input.ts';
import { endpointProblem, issuerProblem } from './urls.ts';
import type { ReadFile } from './yaml-file.ts';

/** What all issuers share. */
export interface IssuerContext {
  readonly resource: string;
  readonly insecureHttp: boolean;
  /** Whether the policy has the issuer asked about some tokens. */
  readonly introspects: boolean;
  readonly readFile: ReadFile;
}

const builtIn: Readonly<Record<string, ProviderAdapter>> = providers;

function profilesOf(
  input: IssuerInput,
  issuer: string,
  resource: string,
): readonly IssuerProfile[] {
  const { settings, grants, complain } = input;
  const adapter = builtIn[settings.provider ?? ''] ?? adapterFor(issuer);
  try {
    return adapter.issuers({
      issuer,
      resource,
      audiences: settings.audience ?? [],
      clients: settings.allowedClients ?? [],
      tenants: settings.allowedTenants ?? [],
      authority: settings.authorityClaims,
      scopePrefix: settings.scopePrefix ?? null,
      grants,
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    complain('issuer', error.message.replace(/\.$/, ''));
    return [];
  }
}

/** Why our own client is needed at the issuer; `null` where it is not. */
function whyAsked({ settings, label }: IssuerInput, introspects: boolean): string | null {
  if (settings.validation === 'introspection') {
    return `${label('validation')}=introspection asks the issuer about every token`;
  }
  return introspects ? 'a rule of the policy has introspect: true' : null;
}

/** Complains of what could never accept a token of this issuer, or never ask about one. */
function complainOfValidation(
  input: IssuerInput,
  profiles: readonly IssuerProfile[],
  introspects: boolean,
): void {
  const { settings, complain } = input;
  const why = whyAsked(input, introspects);
  const cannotAsk =
    settings.clientId === undefined && profiles.some(({ lookup }) => lookup === null);
  const mute = profiles.find(({ introspects, lookup }) => !introspects && lookup === null);
  if (why !== null && mute !== undefined) {
    complain(
      'validation',
      `cannot be met by ${mute.provider}, which has no introspection: ${why}. Keep token lifetimes short instead`,
    );
  } else if (why !== null && cannotAsk) complain('clientId', `is needed, since ${why}`);
  if (settings.clientId !== undefined && profiles.some((profile) => !profile.introspects)) {
    complain('clientId', 'is not used, since this provider has no introspection. Remove it');
  }
  const opaque = profiles.find(({ kinds }) => !kinds.includes('jwt'));
  if (settings.validation === 'jwt' && opaque !== undefined) {
    complain(
      'validation',
      `cannot be jwt, since ${opaque.provider} issues opaque access tokens only`,
    );
  }
}

/**
 * The issuers behind one configured issuer, usually just one. What is wrong is complained of, and
 * nothing is trusted then.
 */
export function trustIssuer(input: IssuerInput, context: IssuerContext): readonly TrustedIssuer[] {
  const { settings, complain } = input;
  const { issuer, validation, discoveryUrl, jwksUri, introspectionUri } = settings;
  const client = readClient(input, context.readFile);
  for (const name of ['discoveryUrl', 'jwksUri', 'introspectionUri'] as const) {
    const url = settings[name];
    if (url !== undefined) complain(name, endpointProblem(url, context.insecureHttp));
  }
  if (issuer === undefined) return [];
  const problem = issuerProblem(issuer, context.insecureHttp);
  complain('issuer', problem);
  if (problem !== null) return [];
  const profiles = profilesOf(input, issuer, context.resource);
  complainOfValidation(input, profiles, context.introspects);
  return profiles.map((profile) => ({
    profile,
    validation,
    client,
    insecureHttp: context.insecureHttp,
    endpoints: {
      // A discovery document names one issuer, and so cannot serve the further ones of a provider.
      discovery: profile.issuer === issuer ? (discoveryUrl ?? null) : null,
      jwks: jwksUri ?? null,
      introspection: introspectionUri ?? null,
    },
  }));
}
