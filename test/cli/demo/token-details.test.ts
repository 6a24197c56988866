import { describe, expect, it } from 'vitest';
import { grantedToken, presentedToken } from '../../../src/cli/demo/token-details.ts';

function jwt(claims: object): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `eyJhbGciOiJFUzI1NiJ9.${payload}.c2lnbmF0dXJl`;
}

const answer = { token_type: 'DPoP', scope: 'notes:read', expires_in: 600 };

describe('grantedToken', () => {
  it('names the key a JWT is bound to', () => {
    const claims = { sub: 'Ada', aud: 'a', scope: 's', iat: 0, exp: 60, cnf: { jkt: 'thumb' } };
    const details = grantedToken({ ...answer, access_token: jwt(claims) });
    expect(details).toContainEqual(['  bound to the key', 'thumb']);
    expect(details).toContainEqual(['  exp', '60 s from now']);
  });

  it('says of an opaque token only what the answer says around it', () => {
    const access_token = 'kQ3rZp0dXbWm';
    const details = grantedToken({ ...answer, access_token });
    expect(details.map(([name]) => name.trim())).toEqual([
      'access token',
      'opaque',
      'scope',
      'expires',
    ]);
    expect(details).toContainEqual(['  scope', 'notes:read']);
    expect(JSON.stringify(details)).not.toContain(access_token);
  });

  it('has nothing to say of an answer without a token', () => {
    expect(grantedToken({ error: 'invalid_grant' })).toEqual([]);
  });
});

describe('presentedToken', () => {
  it('decodes a proof without showing it, its identifier cut', () => {
    const claims = {
      htm: 'POST',
      htu: 'http://localhost/mcp',
      jti: 'abcdefghijklmnop',
      ath: 'hash',
    };
    const proof = jwt(claims);
    const headers = new Headers({ authorization: 'DPoP secret', dpop: proof });
    const details = presentedToken(headers);
    expect(details.map(([name]) => name)).toEqual(['Authorization', 'DPoP']);
    expect(details[1]?.[1]).toMatch(
      /^‹proof [0-9a-f]{8}› htm=POST htu=http:\/\/localhost\/mcp jti=abcdefgh…$/,
    );
    for (const secret of ['secret', ...proof.split('.'), 'hash', 'abcdefghi'])
      expect(JSON.stringify(details)).not.toContain(secret);
  });

  it('shows nothing where nothing was sent', () => {
    expect(presentedToken(new Headers())).toEqual([]);
  });
});
