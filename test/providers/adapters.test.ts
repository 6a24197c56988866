import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapterFor, providers } from '../../providers/index.ts';
import type { ProviderSettings } from '../../src/core/provider.ts';
import { profileOf, readable, recorded, settingsOf, without } from './recorded.ts';

type Name = keyof typeof providers;
const names = Object.keys(providers) as Name[];
const tenant = '11111111-2222-3333-4444-555555555555';
const other = '99999999-2222-3333-4444-555555555555';
const entraIssuer = `https://login.microsoftonline.com/${tenant}/v2.0`;

function issuersOf(name: Name, overrides: Partial<ProviderSettings> = {}) {
  return providers[name].issuers(settingsOf({ ...recorded(name).settings, ...overrides }));
}

describe('the record of adapters', () => {
  it.each(names)('%s goes by its own name and gives advice', (name) => {
    expect(providers[name].name).toBe(name);
    expect(providers[name].advice.length).toBeGreaterThan(80);
  });

  it.each(names)('%s is found by its issuer', (name) => {
    expect(adapterFor(recorded(name).settings.issuer).name).toBe(name);
  });

  it.each([
    ['https://acme.auth0.com', 'auth0'],
    ['https://acme.okta.com', 'okta'],
    ['https://acme.oktapreview.com/oauth2/default', 'okta'],
    ['http://localhost:8080/realms/mcp', 'keycloak'],
    ['https://id.example/auth/realms/mcp/', 'keycloak'],
    ['https://accounts.google.com/', 'google'],
    ['https://login.microsoftonline.com/common/v2.0', 'entra'],
    [`https://sts.windows.net/${tenant}/`, 'entra'],
    ['https://cognito-idp.us-east-1.amazonaws.com/us-east-1_x/', 'cognito'],
    ['https://auth0.com.evil.example/', 'generic'],
    ['https://evil.example/.okta.com/', 'generic'],
    ['https://accounts.google.com.evil.example', 'generic'],
    ['https://login.example.com', 'generic'],
  ])('%s is %s', (issuer, name) => {
    expect(adapterFor(issuer).name).toBe(name);
  });

  it.each(names)('%s advertises exactly its first issuer, byte for byte', (name) => {
    const profiles = issuersOf(name);
    expect(profiles.map(({ advertised }) => advertised)).toEqual(profiles.map((_, i) => i === 0));
    expect(profiles[0]?.issuer).toBe(recorded(name).settings.issuer);
    expect(profiles.every(({ provider }) => provider === name)).toBe(true);
  });

  it.each(names)('%s allows no symmetric algorithm and names an audience', (name) => {
    for (const { algorithms, audiences } of issuersOf(name)) {
      expect(algorithms.length).toBeGreaterThan(0);
      expect(algorithms.filter((alg) => /^(?:HS|none)/i.test(alg))).toEqual([]);
      expect(audiences.length).toBeGreaterThan(0);
    }
  });
});

describe('settings that cannot work', () => {
  it.each<[string, Name, Partial<ProviderSettings>, RegExp]>([
    [
      'an Auth0 issuer without its slash',
      'auth0',
      { issuer: 'https://acme.auth0.com' },
      /trailing slash/,
    ],
    [
      'an Auth0 issuer with a path',
      'auth0',
      { issuer: 'https://acme.auth0.com/x/' },
      /trailing slash/,
    ],
    ["Okta's org server", 'okta', { issuer: 'https://acme.okta.com' }, /oauth2\/default/],
    [
      'an Okta issuer with a slash',
      'okta',
      { issuer: 'https://acme.okta.com/oauth2/default/' },
      /without a trailing slash/,
    ],
    [
      'a Keycloak issuer with a slash',
      'keycloak',
      { issuer: 'https://id.example/realms/mcp/' },
      /without a trailing slash/,
    ],
    ['Google without clients', 'google', { clients: [] }, /MCP_OAUTH_ALLOWED_CLIENTS/],
    ['Google with a blank client', 'google', { clients: [' '] }, /MCP_OAUTH_ALLOWED_CLIENTS/],
    [
      'Google with a slash',
      'google',
      { issuer: 'https://accounts.google.com/' },
      /without a trailing slash/,
    ],
    ['Google with audiences', 'google', { audiences: ['x'] }, /MCP_OAUTH_AUDIENCE/],
    ['a grant to everybody', 'google', { grants: [{ scopes: ['a'] }] }, /email/],
    ['a grant to nobody', 'google', { grants: [{ email: '', scopes: ['a'] }] }, /email/],
    ['a grant of nothing', 'google', { grants: [{ email: 'a@b', scopes: [] }] }, /scopes/],
    [
      'a grant of two scopes in one',
      'google',
      { grants: [{ email: 'a@b', scopes: ['a b'] }] },
      /scopes/,
    ],
    [
      'Entra common',
      'entra',
      { issuer: 'https://login.microsoftonline.com/common/v2.0' },
      /<tenant id>\/v2\.0/,
    ],
    [
      'Entra organizations',
      'entra',
      { issuer: 'https://login.microsoftonline.com/organizations/v2.0' },
      /<tenant id>/,
    ],
    [
      'Entra consumers',
      'entra',
      { issuer: 'https://login.microsoftonline.com/consumers/v2.0' },
      /<tenant id>/,
    ],
    [
      'an Entra domain name',
      'entra',
      { issuer: 'https://login.microsoftonline.com/acme.com/v2.0' },
      /<tenant id>/,
    ],
    [
      'an Entra v1 issuer',
      'entra',
      { issuer: `https://sts.windows.net/${tenant}/` },
      /<tenant id>/,
    ],
    ['Entra without an audience', 'entra', { audiences: [] }, /MCP_OAUTH_AUDIENCE/],
    [
      'Entra with Graph as the audience',
      'entra',
      { audiences: ['https://graph.microsoft.com'] },
      /Graph/,
    ],
    [
      "Entra without the issuer's own tenant",
      'entra',
      { tenants: [other] },
      /MCP_OAUTH_ALLOWED_TENANTS/,
    ],
    ['an Entra tenant that is no GUID', 'entra', { tenants: [tenant, 'acme.com'] }, /GUID/],
    [
      'a Cognito login domain with a slash',
      'cognito',
      { issuer: 'https://acme.auth.eu-west-1.amazoncognito.com/' },
      /pool id/,
    ],
  ])('%s: refused with the way out', (_, name, overrides, wayOut) => {
    expect(() => issuersOf(name, overrides)).toThrow(TypeError);
    expect(() => issuersOf(name, overrides)).toThrow(wayOut);
  });

  const grants = [{ email: 'alice@example.com', scopes: ['a'] }];
  const useless: [Name, Partial<ProviderSettings>][] = [
    ...names.filter((name) => name !== 'google').map((name): [Name, object] => [name, { grants }]),
    ...names
      .filter((name) => name !== 'entra')
      .map((name): [Name, object] => [name, { tenants: [tenant] }]),
    ['google', { authority: ['roles'] }],
  ];
  it.each(useless)('%s: a restriction that would do nothing is refused: %j', (name, overrides) => {
    expect(() => issuersOf(name, overrides)).toThrow(/means nothing to provider/);
  });
});

describe('the allow-list of clients', () => {
  it.each(names)('%s: counts a named client and no other, nor a token without one', (name) => {
    const { settings, access, principal } = recorded(name);
    const claims = { ...access.claims, email_verified: true };
    const judge = (clients: string[], given: object = claims) =>
      profileOf(providers[name], { ...settings, clients }).principal({ ...given });
    expect(judge([principal.clientId])?.clientId).toBe(principal.clientId);
    expect(judge(['another-client'])).toBeNull();
    const anonymous = without(claims, 'client_id', 'azp', 'cid', 'appid', 'aud');
    expect(judge([principal.clientId], anonymous)).toBeNull();
  });
});

describe('claims of authority', () => {
  it.each<[string, Name, Partial<ProviderSettings>, object, string[]]>([
    [
      'permissions narrow scopes and add nothing',
      'auth0',
      { authority: ['permissions'] },
      {},
      ['mcp:tools:read'],
    ],
    [
      'permissions that are missing leave nothing',
      'auth0',
      { authority: ['permissions'] },
      { permissions: undefined },
      [],
    ],
    [
      'both must hold a scope where both are asked for',
      'auth0',
      { authority: ['permissions', 'roles'] },
      { roles: ['mcp:tools:write'] },
      [],
    ],
    [
      'permissions are not looked at unless asked for',
      'auth0',
      {},
      { permissions: [] },
      ['openid', 'mcp:tools:read', 'mcp:tools:write'],
    ],
    [
      'realm roles narrow',
      'keycloak',
      { authority: ['roles'] },
      { realm_access: { roles: ['mcp:tools:read', 'mcp:admin'] } },
      ['mcp:tools:read'],
    ],
    [
      'client roles of the resource narrow',
      'keycloak',
      { authority: ['roles'] },
      { resource_access: { 'https://mcp.example.com/mcp': { roles: ['mcp:tools:read'] } } },
      ['mcp:tools:read'],
    ],
    [
      'client roles of another client do not count',
      'keycloak',
      { authority: ['roles'] },
      { resource_access: { account: { roles: ['mcp:tools:read'] } } },
      [],
    ],
    [
      'roles in an unexpected shape leave nothing',
      'keycloak',
      { authority: ['roles'] },
      { realm_access: ['mcp:tools:read'] },
      [],
    ],
    [
      'permissions of a realm stand at the top',
      'keycloak',
      { authority: ['permissions'] },
      { permissions: ['openid'] },
      ['openid'],
    ],
    [
      'roles of a user narrow',
      'entra',
      { authority: ['roles'] },
      { roles: ['Tool.Read', 'Tool.Admin'] },
      ['Tool.Read'],
    ],
  ])('%s (%s)', (_, name, overrides, claims, scopes) => {
    const { settings, access } = recorded(name);
    const profile = profileOf(providers[name], { ...settings, ...overrides });
    expect([...(profile.principal({ ...access.claims, ...claims })?.scopes ?? ['?'])]).toEqual(
      scopes,
    );
  });
});

describe('narrowing', () => {
  const scope = fc.constantFrom('a', 'b', 'c', 'openid');
  const claim = fc.oneof(
    fc.array(scope),
    fc.array(scope).map((all) => all.join(' ')),
    fc.anything(),
  );
  const authority = fc.subarray<'permissions' | 'roles'>(['permissions', 'roles']);

  it.each(names.filter((name) => name !== 'google'))(
    '%s: no claim of authority ever adds a scope to those of a user',
    (name) => {
      const { settings, access } = recorded(name);
      fc.assert(
        fc.property(authority, claim, claim, fc.array(scope), (asked, permissions, roles, held) => {
          const own = 'scp' in access.claims ? 'scp' : 'scope';
          const written = Array.isArray(access.claims[own]) ? held : held.join(' ');
          const realm = { realm_access: { roles } };
          const claims = { ...access.claims, ...realm, [own]: written, permissions, roles };
          const read = (asks: readonly ('permissions' | 'roles')[]) =>
            profileOf(providers[name], { ...settings, authority: asks }).principal(claims)?.scopes;
          const granted = read([]);
          for (const kept of read(asked) ?? []) expect(granted).toContain(kept);
          expect([...(granted ?? [])].sort()).toEqual([...new Set(held)].sort());
        }),
      );
    },
  );
});

describe('Entra ID', () => {
  const { access, appOnly, v1, settings, principal } = recorded('entra');

  it('has a v2 and a v1 issuer for each allowed tenant', () => {
    expect(issuersOf('entra', { tenants: [tenant, other] }).map(({ issuer }) => issuer)).toEqual([
      entraIssuer,
      `https://sts.windows.net/${tenant}/`,
      `https://login.microsoftonline.com/${other}/v2.0`,
      `https://sts.windows.net/${other}/`,
    ]);
  });

  it('finds the keys of v1 issuers under the login host', () => {
    expect(issuersOf('entra')[1]?.discoveryUrl).toBe(
      `https://login.microsoftonline.com/${tenant}/.well-known/openid-configuration`,
    );
  });

  it('keeps a tenant to its own issuer', () => {
    const [mine, , theirs] = issuersOf('entra', { tenants: [tenant, other] });
    expect(mine?.principal(access.claims)?.tenant).toBe(tenant);
    expect(theirs?.principal(access.claims)).toBeNull();
    expect(mine?.principal({ ...access.claims, tid: other })).toBeNull();
    expect(mine?.principal(without(access.claims, 'tid'))).toBeNull();
  });

  it('keeps v1 and v2 tokens apart', () => {
    const [v2Profile, v1Profile] = issuersOf('entra');
    expect(v2Profile?.isAccessToken('jwt', v1?.claims ?? {})).toBe(false);
    expect(v1Profile?.isAccessToken('jwt', access.claims)).toBe(false);
    expect(v1Profile?.isAccessToken('jwt', v1?.claims ?? {})).toBe(true);
  });

  it('gives an application its roles only where they are asked for', () => {
    const judge = (authority: ProviderSettings['authority']) =>
      readable(
        profileOf(providers.entra, { ...settings, authority }).principal(appOnly?.claims ?? {}),
      );
    expect(judge([])?.scopes).toEqual([]);
    expect(judge(['roles'])).toEqual({ ...principal, scopes: ['Tool.Read'] });
    expect(judge(['roles', 'permissions'])?.scopes).toEqual([]);
  });

  it.each([
    ['without roles', { roles: undefined }],
    ['with no role', { roles: [] }],
    ['that says it is a user', { idtyp: 'user' }],
    ['without a client', { azp: undefined }],
  ])('refuses an application token %s', (_, claims) => {
    const token = { ...appOnly?.claims, ...claims };
    expect(profileOf(providers.entra, settings).isAccessToken('jwt', token)).toBe(false);
  });

  it('names an application by oid, and counts only its allowed clients', () => {
    const judge = (clients: string[], claims: object) =>
      profileOf(providers.entra, { ...settings, clients }).principal({
        ...appOnly?.claims,
        ...claims,
      });
    expect(judge([principal.clientId], {})?.subject).toBe(principal.subject);
    expect(judge([], { oid: undefined })).toBeNull();
    expect(judge(['another-client'], {})).toBeNull();
  });

  it('asks for scopes under the resource, or under the prefix that is set', () => {
    const ask = (scopePrefix: string | null) =>
      profileOf(providers.entra, { ...settings, scopePrefix }).requestScope('Tool.Read');
    expect(ask(null)).toBe('https://mcp.example.com/mcp/Tool.Read');
    expect(ask('api://mcp')).toBe('api://mcp/Tool.Read');
  });
});

describe('Auth0', () => {
  const { access, id, settings } = recorded('auth0');
  const profile = profileOf(providers.auth0, settings);

  it.each<[string, object]>([
    ['as the audience', { azp: 'client', aud: 'client' }],
    ['among the audiences', { azp: 'client', aud: ['client', settings.resource] }],
    ['by client_id', { client_id: 'client', aud: 'client' }],
  ])('takes a token with its client %s for an ID token', (_, claims) => {
    const token = without({ ...id.claims, ...claims }, 'nonce');
    expect(profile.isAccessToken('jwt', token)).toBe(false);
  });

  it('accepts the dialect that says at+jwt, and no other type', () => {
    expect(profile.isAccessToken('at+jwt', access.claims)).toBe(true);
    expect(profile.isAccessToken('secevent+jwt', access.claims)).toBe(false);
    expect(profile.isAccessToken('at+jwt', { ...access.claims, nonce: 'n' })).toBe(false);
  });
});

describe('Okta', () => {
  const { access, settings } = recorded('okta');
  const profile = profileOf(providers.okta, settings);

  it('never keys a user by the login name', () => {
    expect(profile.principal(without(access.claims, 'uid'))).toBeNull();
  });

  it('reads an introspection answer, which names client and scopes otherwise', () => {
    const { cid, scp, ...rest } = access.claims;
    const answer = {
      ...rest,
      client_id: cid,
      scope: 'mcp:tools:read openid',
      token_type: 'Bearer',
    };
    expect(profile.isAccessAnswer(answer)).toBe(true);
    expect(readable(profile.principal(answer))).toEqual(recorded('okta').principal);
    expect(scp).toHaveLength(2);
  });
});

describe('Keycloak', () => {
  const { access, id, settings } = recorded('keycloak');
  const profile = profileOf(providers.keycloak, settings);

  it.each<[string, string | null, object, boolean]>([
    ['payload typ DPoP', 'jwt', { typ: 'DPoP' }, true],
    ['header at+jwt', 'at+jwt', {}, true],
    ['header at+jwt and no payload typ', 'at+jwt', { typ: undefined }, true],
    ['nonce, as old releases wrote', 'jwt', { nonce: 'n' }, true],
    ['no payload typ, as in JARM and signed userinfo', 'jwt', { typ: undefined }, false],
    ['nonce and no payload typ', 'at+jwt', { typ: undefined, nonce: 'n' }, false],
    ['payload typ ID under at+jwt', 'at+jwt', { typ: 'ID' }, false],
    ['payload typ Offline', 'jwt', { typ: 'Offline' }, false],
    ['at_hash', 'jwt', { at_hash: 'h' }, false],
    ['header logout+jwt', 'logout+jwt', {}, false],
  ])('judges a token with %s', (_, typ, claims, accepted) => {
    const token = without(
      { ...access.claims, ...claims },
      ...('typ' in claims && claims.typ === undefined ? ['typ'] : []),
    );
    expect(profile.isAccessToken(typ, token)).toBe(accepted);
  });

  it('wants an introspection answer to name its kind', () => {
    const { typ: _, ...answer } = access.claims;
    expect(profile.isAccessAnswer(answer)).toBe(false);
    expect(profile.isAccessAnswer({ ...answer, token_type: 'Bearer' })).toBe(true);
    expect(profile.isAccessAnswer({ ...id.claims, token_type: 'ID' })).toBe(false);
  });
});

describe('Cognito', () => {
  const { access, settings, principal } = recorded('cognito');
  const bare = without(access.claims, 'aud');

  it('has no audience in a token without aud', () => {
    expect(profileOf(providers.cognito, settings).audience(bare)).toBeUndefined();
    expect(profileOf(providers.cognito, settings).caveat).toBeNull();
  });

  it('lets a named client stand in for a missing aud, and says so', () => {
    const profile = profileOf(providers.cognito, { ...settings, clients: [principal.clientId] });
    expect(profile.audience(bare)).toBe(principal.clientId);
    expect(profile.audiences).toContain(principal.clientId);
    expect(profile.caveat).toContain('without `aud`');
  });

  it.each([['https://other.example'], [null], [[]]])('never for aud %j', (aud) => {
    const profile = profileOf(providers.cognito, { ...settings, clients: [principal.clientId] });
    expect(profile.audience({ ...bare, aud })).toEqual(aud);
  });

  it('asks for scopes by their full names', () => {
    expect(profileOf(providers.cognito, settings).requestScope('tools.read')).toBe(
      'https://mcp.example.com/mcp/tools.read',
    );
  });
});
