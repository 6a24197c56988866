import { describe, expect, it } from 'vitest';
import { isTrustworthyUrl, parseIssuer, wellKnownUrls } from '../../src/token/issuer-url.ts';

describe('parseIssuer', () => {
  it.each([
    '',
    'idp.example',
    'ftp://idp.example',
    'http://idp.example',
    'http://localhost.evil.example',
    'https://',
    'https://user@idp.example',
    'https://user:pw@idp.example',
    'https://idp.example?x=1',
    'https://idp.example/a#b',
    'https://idp.example\\a',
    'https://idp.example/a b',
    'https://idp.example:99999',
  ])('refuses %j', (issuer) => {
    expect(() => parseIssuer(issuer)).toThrow(TypeError);
  });

  it.each(['http://localhost:8080/realms/x', 'http://127.0.0.1:8080', 'http://[::1]:8080/'])(
    'knows %s as plain http on loopback',
    (issuer) => {
      expect(parseIssuer(issuer).http).toBe('loopback');
    },
  );
});

describe('an issuer over plain http that the operator accepts', () => {
  it('may name its endpoints over http as well', () => {
    const issuer = parseIssuer('http://idp.internal/realms/x', true);
    expect(issuer.http).toBe('anywhere');
    expect(isTrustworthyUrl('http://keys.internal/jwks', issuer)).toBe(true);
    expect(isTrustworthyUrl('ftp://keys.internal/jwks', issuer)).toBe(false);
  });

  it('changes nothing for an issuer over https', () => {
    const issuer = parseIssuer('https://idp.example', true);
    expect(isTrustworthyUrl('http://keys.internal/jwks', issuer)).toBe(false);
  });
});

describe('wellKnownUrls', () => {
  it.each([
    [
      'https://IDP.example/realms/x',
      [
        'https://IDP.example/.well-known/oauth-authorization-server/realms/x',
        'https://IDP.example/realms/x/.well-known/openid-configuration',
        'https://IDP.example/.well-known/openid-configuration/realms/x',
      ],
    ],
    [
      'https://t.auth0.com/',
      [
        'https://t.auth0.com/.well-known/oauth-authorization-server',
        'https://t.auth0.com/.well-known/openid-configuration',
      ],
    ],
    [
      'https://idp.example:443',
      [
        'https://idp.example:443/.well-known/oauth-authorization-server',
        'https://idp.example:443/.well-known/openid-configuration',
      ],
    ],
    [
      'https://sts.windows.net/tid/',
      [
        'https://sts.windows.net/.well-known/oauth-authorization-server/tid',
        'https://sts.windows.net/tid/.well-known/openid-configuration',
        'https://sts.windows.net/.well-known/openid-configuration/tid',
      ],
    ],
  ])('of %s are every form, with nothing normalised', (issuer, urls) => {
    expect(wellKnownUrls(parseIssuer(issuer))).toEqual(urls);
  });
});

describe('isTrustworthyUrl', () => {
  const remote = parseIssuer('https://idp.example');
  const local = parseIssuer('http://localhost:8080');

  it.each([
    ['https on another host', 'https://keys.example/certs', remote, true],
    ['http off loopback', 'http://idp.example/certs', remote, false],
    ['http on loopback for a remote issuer', 'http://127.0.0.1/certs', remote, false],
    ['http on loopback for a loopback issuer', 'http://127.0.0.1:8080/certs', local, true],
    ['http off loopback for a loopback issuer', 'http://10.0.0.1/certs', local, false],
    ['http on the metadata address', 'http://169.254.169.254/', local, false],
    ['a user', 'https://user@idp.example/certs', remote, false],
    ['a password', 'https://:pw@idp.example/certs', remote, false],
    ['a fragment', 'https://idp.example/certs#x', remote, false],
    ['an empty fragment', 'https://idp.example/certs#', remote, false],
    ['a file', 'file:///etc/passwd', remote, false],
    ['data', 'data:application/json,{}', remote, false],
    ['a relative reference', '/certs', remote, false],
    ['a name that begins like loopback', 'http://localhost.evil.example/', local, false],
  ])('judges %s', (_, url, issuer, expected) => {
    expect(isTrustworthyUrl(url, issuer)).toBe(expected);
  });
});
