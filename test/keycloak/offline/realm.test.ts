import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readDeployFile } from '../support/deployment.ts';

interface RealmFile {
  readonly attributes: Readonly<Record<string, string>>;
  readonly roles: { readonly realm: readonly Readonly<Record<string, unknown>>[] };
  readonly clientScopes: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly protocolMappers: readonly { readonly config: Readonly<Record<string, string>> }[];
  }[];
  readonly scopeMappings: readonly { readonly clientScope: string; readonly roles: string[] }[];
  readonly clients: readonly {
    readonly clientId: string;
    readonly publicClient: boolean;
    readonly fullScopeAllowed: boolean;
    readonly standardFlowEnabled: boolean;
    readonly redirectUris?: readonly string[];
    readonly attributes?: Readonly<Record<string, string>>;
  }[];
  readonly users: readonly Readonly<Record<string, unknown>>[];
  readonly components: Readonly<
    Record<string, readonly { readonly providerId: string; readonly config: object }[]>
  >;
}

const realm = JSON.parse(readDeployFile('mcp-realm.json')) as RealmFile;
const policy = parse(readDeployFile('policy.yaml')) as { scopes: Record<string, object> };

describe('the realm file of deploy/keycloak', () => {
  it('has the scopes of the policy, each behind one role', () => {
    const scopes = Object.keys(policy.scopes);
    expect(realm.clientScopes.map(({ name }) => name)).toEqual(scopes);
    expect(realm.scopeMappings).toEqual([
      { clientScope: 'mcp:tools:read', roles: ['mcp-reader'] },
      { clientScope: 'mcp:tools:write', roles: ['mcp-writer'] },
      { clientScope: 'mcp:admin', roles: ['mcp-admin'] },
    ]);
  });

  it('has flat roles: a composite would hand its own scope to the roles within', () => {
    for (const role of realm.roles.realm) expect(role).not.toHaveProperty('composite');
  });

  it.each(realm.clientScopes)(
    'puts both audiences into each access token with $name, and into no ID token',
    ({ attributes, protocolMappers }) => {
      expect(attributes['include.in.token.scope']).toBe('true');
      const configs = protocolMappers.map(({ config }) => config);
      expect(
        configs.map((config) => config['included.custom.audience']).filter(Boolean),
      ).toHaveLength(1);
      expect(configs.map((config) => config['included.client.audience']).filter(Boolean)).toEqual([
        'mcp-doorman',
      ]);
      for (const config of configs) {
        expect(config).toMatchObject({
          'access.token.claim': 'true',
          'introspection.token.claim': 'true',
          'lightweight.claim': 'true',
          'id.token.claim': 'false',
        });
      }
    },
  );

  it('keeps the built-in scopes, without which tokens have no subject', () => {
    expect(realm.attributes.CreateDefaultClientScopes).toBe('true');
  });

  it.each(realm.clients)('gives $clientId no role that it was not given', (client) => {
    expect(client.fullScopeAllowed).toBe(false);
    if (!client.standardFlowEnabled) return;
    expect(client.attributes?.['pkce.code.challenge.method']).toBe('S256');
    expect(client.redirectUris).toEqual(['http://127.0.0.1/*', 'http://localhost/*']);
  });

  it('never lets introspection answer for tokens of others', () => {
    expect(JSON.stringify(realm)).not.toContain('allow.token.introspection.without.audience.check');
  });

  it.each(realm.users.filter(({ serviceAccountClientId }) => serviceAccountClientId === undefined))(
    'has in $username a user whom no form stops at login',
    (user) => {
      expect(user).toMatchObject({
        enabled: true,
        emailVerified: true,
        email: expect.stringContaining('@'),
        firstName: expect.any(String),
        lastName: expect.any(String),
        credentials: [expect.objectContaining({ temporary: false })],
        realmRoles: expect.arrayContaining(['default-roles-mcp', 'mcp-reader']),
      });
      expect(user).not.toHaveProperty('requiredActions');
    },
  );

  it('lets clients register themselves for this machine only', () => {
    const policies = Object.values(realm.components).flat();
    expect(policies.find(({ providerId }) => providerId === 'trusted-hosts')?.config).toEqual({
      'trusted-hosts': ['127.0.0.1', 'localhost'],
      // A request from outside the container comes from an address of the network between.
      'host-sending-registration-request-must-match': ['false'],
      'client-uris-must-match': ['true'],
    });
  });
});
