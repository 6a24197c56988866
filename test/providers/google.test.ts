import { describe, expect, it } from 'vitest';
import { google } from '../../providers/google.ts';
import type { Grant } from '../../src/core/provider.ts';
import { profileOf, recorded } from './recorded.ts';

const { access, settings } = recorded('google');
const profile = profileOf(google, settings);
const read = (status: number, answer: unknown) => profile.lookup?.read(status, answer);

describe('the look-up at tokeninfo', () => {
  it('sends the token in the body and never in the URL', () => {
    const sent = profile.lookup?.request('ya29.secret');
    expect(sent?.url).toBe('https://oauth2.googleapis.com/tokeninfo');
    expect(sent?.body.get('access_token')).toBe('ya29.secret');
  });

  it('reads numbers and booleans out of their strings', () => {
    expect(read(200, access.claims)).toMatchObject({ exp: 1_795_179_600, email_verified: true });
    expect(read(200, { ...access.claims, email_verified: true })).toMatchObject({
      email_verified: true,
    });
    expect(read(200, { ...access.claims, exp: 1_795_179_600 })).toMatchObject({
      exp: 1_795_179_600,
    });
  });

  it.each([['false'], [false], ['TRUE'], [1], [undefined], [null]])(
    'does not take email_verified %j for true',
    (email_verified) => {
      expect(read(200, { ...access.claims, email_verified })).toMatchObject({
        email_verified: false,
      });
    },
  );

  it('calls a token inactive only for status 400', () => {
    expect(read(400, { error: 'invalid_token' })).toBe('inactive');
    expect(read(400, null)).toBe('inactive');
  });

  it.each<[number, unknown]>([
    [200, null],
    [200, 'text'],
    [200, {}],
    [200, { exp: 'soon' }],
    [200, { exp: '1e400' }],
    [200, { exp: '-1' }],
    [200, { exp: '' }],
    [401, access.claims],
    [403, {}],
    [404, {}],
  ])('understands nothing in status %i with %j', (status, answer) => {
    expect(read(status, answer)).toBeNull();
  });
});

describe('scopes by grant', () => {
  const person = { ...access.claims, email_verified: true };
  const scopes = (grants: readonly Grant[], claims: object = person) => [
    ...(profileOf(google, { ...settings, grants }).principal({ ...claims })?.scopes ?? ['?']),
  ];

  it('are those of every grant that matches, and nothing of Google', () => {
    const grants = [
      { email: 'ALICE@example.com', scopes: ['a'] },
      { email: 'alice@example.com', scopes: ['a', 'b'] },
      { email: 'bob@example.com', scopes: ['c'] },
    ];
    expect(scopes(grants)).toEqual(['a', 'b']);
    expect(scopes([])).toEqual([]);
  });

  it.each<[string, object]>([
    ['not verified', { ...person, email_verified: false }],
    ['verified in a word that was not read', { ...person, email_verified: 'true ' }],
    ['missing', { ...person, email: undefined }],
    ['no string', { ...person, email: ['alice@example.com'] }],
  ])('are none where the address is %s', (_, claims) => {
    expect(scopes([{ email: 'alice@example.com', scopes: ['a'] }], claims)).toEqual([]);
  });

  it('go by the hd claim and never by the address', () => {
    const grants = [{ hostedDomain: 'Example.com', scopes: ['a'] }];
    expect(scopes(grants)).toEqual([]);
    expect(scopes(grants, { ...person, hd: 'example.com' })).toEqual(['a']);
    expect(scopes(grants, { ...person, hd: 'example.com.evil.example' })).toEqual([]);
  });

  it('go by membership of a group', () => {
    const grants = [{ group: 'ops', scopes: ['a'] }];
    expect(scopes(grants, { ...person, groups: ['dev', 'ops'] })).toEqual(['a']);
    expect(scopes(grants, { ...person, groups: 'ops' })).toEqual([]);
  });

  it('need everything that a grant names', () => {
    const grants = [{ email: 'alice@example.com', hostedDomain: 'example.com', scopes: ['a'] }];
    expect(scopes(grants)).toEqual([]);
    expect(scopes(grants, { ...person, hd: 'example.com' })).toEqual(['a']);
  });
});

describe('the profile', () => {
  it('takes opaque tokens only, for the allowed clients', () => {
    expect(profile.kinds).toEqual(['opaque']);
    expect(profile.audiences).toEqual(settings.clients);
    expect(profile.isAccessToken('at+jwt', access.claims)).toBe(false);
  });

  it('wants presenter and audience both to be allowed', () => {
    expect(profile.principal({ ...access.claims, azp: 'another-client' })).toBeNull();
  });

  it('says that its tokens are not audience-bound', () => {
    expect(profile.caveat).toContain('not audience-bound');
  });

  it('asks Google for a scope that Google has', () => {
    expect(profile.requestScope('mcp:tools:read')).toMatch(/userinfo\.email$/);
  });
});
