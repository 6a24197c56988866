import { readdirSync, readFileSync } from 'node:fs';
import { providers } from '../../providers/index.ts';
import type { IssuerProfile, ProviderAdapter, ProviderSettings } from '../../src/core/provider.ts';
import type { Claims } from '../../src/core/types.ts';

export interface RecordedToken {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
}

export interface ExpectedPrincipal {
  readonly subject: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly tenant?: string;
}

/** Token shapes of one provider; what their source is stands in the file. */
export interface Recorded {
  readonly source: string;
  readonly provider: keyof typeof providers;
  readonly alg?: string;
  /** Where the shape is an answer about an opaque token, who answers. */
  readonly by?: 'lookup' | 'introspection';
  readonly settings: Partial<ProviderSettings> & { issuer: string; resource: string };
  readonly access: RecordedToken;
  readonly id: RecordedToken;
  readonly logout?: RecordedToken;
  readonly refresh?: RecordedToken;
  readonly appOnly?: RecordedToken;
  readonly v1?: RecordedToken;
  readonly principal: ExpectedPrincipal;
  readonly appPrincipal?: ExpectedPrincipal;
}

const folder = new URL('fixtures/', import.meta.url);

export function recorded(name: string): Recorded {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
}

const recordedNames: readonly string[] = readdirSync(folder).map((file) =>
  file.replace('.json', ''),
);

/** The providers without an adapter of their own. */
export const secondWave: readonly string[] = recordedNames.filter((name) => !(name in providers));

export function settingsOf(
  settings: Partial<ProviderSettings> & { issuer: string; resource: string },
): ProviderSettings {
  return {
    audiences: [],
    clients: [],
    tenants: [],
    authority: [],
    scopePrefix: null,
    grants: [],
    ...settings,
  };
}

/** The advertised profile, for tests that need no network. */
export function profileOf(
  adapter: ProviderAdapter,
  settings: Partial<ProviderSettings> & { issuer: string; resource: string },
): IssuerProfile {
  const found = adapter.issuers(settingsOf(settings)).find(({ advertised }) => advertised);
  if (found === undefined) throw new Error(`${adapter.name} advertises no issuer`);
  return found;
}

/** A principal's fields in a form that `toEqual` reports well. */
export function readable(
  fields: {
    readonly subject: string | null;
    readonly clientId: string | null;
    readonly scopes: ReadonlySet<string>;
    readonly tenant?: string;
  } | null,
) {
  if (fields === null) return null;
  const { subject, clientId, scopes, tenant } = fields;
  return { subject, clientId, scopes: [...scopes], ...(tenant === undefined ? {} : { tenant }) };
}

export function without(claims: Claims, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
}
