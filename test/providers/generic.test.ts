import { describe, expect, it } from 'vitest';
import { generic } from '../../providers/generic.ts';
import type { Claims } from '../../src/core/types.ts';
import { profileOf } from './recorded.ts';

const settings = { issuer: 'https://idp.example/', resource: 'https://mcp.example/mcp' };
const profile = profileOf(generic, settings);
const scoped: Claims = { sub: 'alice', scope: 'a' };

describe('the profile', () => {
  it('keeps the issuer byte for byte and expects the resource as audience', () => {
    expect(profile.issuer).toBe('https://idp.example/');
    expect(profile.audiences).toEqual(['https://mcp.example/mcp']);
  });

  it('expects the audiences of the operator where there are some', () => {
    expect(profileOf(generic, { ...settings, audiences: ['api://x'] }).audiences).toEqual([
      'api://x',
    ]);
  });

  it('allows asymmetric algorithms only', () => {
    expect(profile.algorithms.filter((name) => /^(HS|none)/i.test(name))).toEqual([]);
    expect(profile.algorithms).toContain('RS256');
  });
});

describe('the mark of an access token', () => {
  it.each<[string, string | null, Claims]>([
    ['typ at+jwt without a scope claim', 'at+jwt', { sub: 'alice' }],
    ['no typ and a scope claim', null, scoped],
    ['typ jwt and a scope claim', 'jwt', scoped],
    ['typ jwt and an scp claim', 'jwt', { scp: ['a'] }],
    ['an empty scope claim', 'jwt', { scope: '' }],
    ['payload typ Bearer', 'jwt', { ...scoped, typ: 'Bearer' }],
    ['payload typ DPoP', null, { ...scoped, typ: 'DPoP' }],
  ])('accepts %s', (_, typ, claims) => {
    expect(profile.isAccessToken(typ, claims)).toBe(true);
  });

  it.each<[string, string | null, Claims]>([
    ['a bare ID token', 'jwt', { sub: 'alice', aud: 'client' }],
    ['an ID token with nonce', null, { ...scoped, nonce: 'n' }],
    ['an ID token with at_hash', 'jwt', { ...scoped, at_hash: 'h' }],
    ['an ID token with c_hash', 'at+jwt', { ...scoped, c_hash: 'h' }],
    ['an ID token by its use', 'jwt', { ...scoped, token_use: 'id' }],
    ['a refresh token by its use', null, { ...scoped, token_use: 'refresh_token' }],
    ['an ID token by payload typ', 'jwt', { ...scoped, typ: 'ID' }],
    ['a refresh token by payload typ', 'jwt', { ...scoped, typ: 'Refresh' }],
    ['an offline token by payload typ', 'jwt', { ...scoped, typ: 'Offline' }],
    ['a payload typ that is no string', 'jwt', { ...scoped, typ: null }],
    ['an event token by its claim', 'at+jwt', { ...scoped, events: {} }],
    ['a logout token', 'logout+jwt', scoped],
    ['a security event token', 'secevent+jwt', scoped],
    ['a DPoP proof', 'dpop+jwt', scoped],
    ['an identity assertion grant', 'oauth-id-jag+jwt', scoped],
    ['an introspection answer', 'token-introspection+jwt', scoped],
    ['at+jwt with a parameter', 'at+jwt;x', scoped],
    ['an empty typ', '', scoped],
  ])('refuses %s', (_, typ, claims) => {
    expect(profile.isAccessToken(typ, claims)).toBe(false);
  });
});

describe('the principal', () => {
  it.each<[string, Claims, string[]]>([
    ['a scope string', { scope: 'read write' }, ['read', 'write']],
    ['a scope array', { scope: ['read', 'write'] }, ['read', 'write']],
    ['an scp array', { scp: ['read'] }, ['read']],
    ['an scp string', { scp: 'read write' }, ['read', 'write']],
    ['scope before scp', { scope: 'read', scp: ['admin'] }, ['read']],
    ['no scope at all', {}, []],
    ['a number', { scope: 7 }, []],
    ['an object', { scope: { read: true } }, []],
    ['two spaces', { scope: 'read  write' }, ['read', 'write']],
    ['a tab, which separates nothing', { scope: 'read\twrite' }, []],
    ['a quote, which is no scope character', { scope: 'read"admin write' }, ['write']],
    ['another case of the claim name', { Scope: 'admin' }, []],
  ])('reads scopes from %s', (_, claims, scopes) => {
    expect([...(profile.principal(claims)?.scopes ?? [])]).toEqual(scopes);
  });

  it.each<[string, Claims, string | null]>([
    ['client_id first', { client_id: 'a', azp: 'b', cid: 'c', appid: 'd' }, 'a'],
    ['then azp', { azp: 'b', cid: 'c' }, 'b'],
    ['then cid', { cid: 'c', appid: 'd' }, 'c'],
    ['then appid', { appid: 'd' }, 'd'],
    ['past an empty or ill-typed value', { client_id: '', azp: 7, cid: 'c' }, 'c'],
    ['none', {}, null],
  ])('names the client: %s', (_, claims, client) => {
    expect(profile.principal(claims)?.clientId).toBe(client);
  });

  it('has no subject where the token names none', () => {
    expect(profile.principal({ scope: 'a' })).toMatchObject({ subject: null });
  });

  it.each([[''], [7], [null], [['alice']], [{}]])('cannot be read from sub %j', (sub) => {
    expect(profile.principal({ sub })).toBeNull();
  });
});
