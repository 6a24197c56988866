import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import { type Doorman, openSite, type Site, startBeside, validations } from './support/doorman.ts';
import { sdks } from './support/mcp-client.ts';
import { allScopes, type Username } from './support/realm.ts';
import type { KnownClient } from './support/session.ts';

const knownClients: readonly (readonly [string, Omit<KnownClient, 'issuer'> | undefined])[] = [
  ['a public client known to Keycloak', { client_id: 'mcp-public' }],
  [
    'a confidential client, whose tokens are typed at+jwt',
    { client_id: 'mcp-confidential', client_secret: 'mcp-confidential-secret' },
  ],
  ['a client that registers itself', undefined],
];

let everything: EverythingServer;
let site: Site;
beforeAll(async () => {
  everything = await startEverything();
  site = await openSite();
});
afterAll(async () => {
  await site.close();
  await everything.close();
});

/** The scopes of MCP that a token carries, in the order of the realm file. */
function grantedScopes(token: string): readonly string[] {
  const { scope = '' } = decodeJwt<{ scope?: string }>(token);
  const held = scope.split(' ');
  return allScopes.split(' ').filter((name) => held.includes(name));
}

describe.each(validations)('a user of Keycloak, verified by %s', (validation) => {
  let doorman: Doorman;
  beforeAll(async () => {
    doorman = await startBeside(site, { upstream: everything.url, validation });
  });
  afterAll(() => doorman.close());

  describe.each(sdks)('with %s', (_name, createClient) => {
    it.each(knownClients)('logs in once through %s and uses a tool', async (_kind, known) => {
      const client = createClient({
        url: doorman.resource,
        username: 'writer',
        ...(known && { known: { ...known, issuer: site.realm.issuer } }),
      });
      expect(await client.call('echo', { message: 'good morning' })).toBe('Echo: good morning');
      expect(await client.call('get-sum', { a: 2, b: 3 })).toContain('5');
      expect(client.logins).toHaveLength(1);
      expect(client.browser.passwordsTyped).toBe(1);
      const asked = client.logins[0]?.searchParams;
      expect(asked?.get('resource')).toBe(doorman.resource);
      expect(asked?.get('code_challenge_method')).toBe('S256');
      expect(asked?.get('scope')?.split(' ')).toEqual(expect.arrayContaining(allScopes.split(' ')));
      await client.close();
    });

    it.each<readonly [Username, readonly string[]]>([
      ['reader', ['mcp:tools:read']],
      ['writer', ['mcp:tools:read', 'mcp:tools:write']],
      ['admin', ['mcp:tools:read', 'mcp:tools:write', 'mcp:admin']],
    ])(
      'gets for %s the scopes of the roles, though all are asked for',
      async (username, scopes) => {
        const client = createClient({ url: doorman.resource, username });
        await client.call('echo', { message: 'x' });
        expect(grantedScopes(client.grants[0]?.access_token ?? '')).toEqual(scopes);
        await client.close();
      },
    );
  });
});
