import { describe, expect, it } from 'vitest';
import type { Claims } from '../../src/core/types.ts';
import { judgeAnswer } from '../../src/token/answer.ts';
import type { CompactJwt } from '../../src/token/compact.ts';
import { epochMs, manualClock } from '../support/clock.ts';
import { accessTokenClaims, testIssuer, testProfile, testResource } from '../support/issuer.ts';

const profile = testProfile();
const now = epochMs / 1_000;
const good: Claims = { active: true, ...accessTokenClaims(testIssuer, epochMs) };
const failing = (code: string) => expect.objectContaining({ code });
const judge = (answer: Claims | 'inactive', jwt: CompactJwt | null = null) =>
  judgeAnswer(answer, jwt, profile, manualClock());

function jwtOf(header: Claims, claims: Claims): CompactJwt {
  return { token: 'a.b.c', header, claims };
}

describe('an answer about an opaque token', () => {
  it('names its principal', () => {
    expect(judge(good)).toMatchObject({
      issuer: testIssuer,
      subject: 'alice',
      clientId: 'inspector',
      scopes: new Set(['mcp:access', 'mcp:tools:read']),
      expiresAt: now + 3_600,
    });
  });

  it('that says inactive is a refusal', () => {
    expect(() => judge('inactive')).toThrow(failing('token_inactive'));
  });

  it('need not repeat the issuer', () => {
    const { iss: _, ...answer } = good;
    expect(judge(answer).issuer).toBe(testIssuer);
  });

  it.each<[Claims, string | null]>([
    [{ sub: 'alice', username: 'al' }, 'alice'],
    [{ sub: undefined, username: 'al' }, 'al'],
    [{ sub: undefined, username: '' }, 'inspector'],
    [{ sub: undefined, username: 7 }, 'inspector'],
    [{ sub: undefined }, 'inspector'],
    [{ sub: undefined, client_id: undefined }, null],
  ])('has the subject of %j', (members, subject) => {
    const answer = JSON.parse(JSON.stringify({ ...good, ...members }));
    expect(judge(answer).subject).toBe(subject);
  });

  it.each(['Bearer', 'bearer', 'DPoP'])('may be of token_type %s', (token_type) => {
    expect(judge({ ...good, token_type }).subject).toBe('alice');
  });

  it('reads scopes from a list too', () => {
    expect(judge({ ...good, scope: ['a', 'b'] }).scopes).toEqual(new Set(['a', 'b']));
  });

  it.each<[Claims, string]>([
    [{ token_type: 'refresh_token' }, 'type_denied'],
    [{ token_type: 'Refresh' }, 'type_denied'],
    [{ token_type: 'ID' }, 'type_denied'],
    [{ token_type: 'N_A' }, 'type_denied'],
    [{ token_type: null }, 'type_denied'],
    [{ token_type: 'Bearer', token_use: 'refresh_token' }, 'type_denied'],
    [{ token_use: 'id' }, 'type_denied'],
    [{ typ: 'Offline' }, 'type_denied'],
    [{ iss: 'https://evil.example' }, 'issuer_untrusted'],
    [{ iss: `${testIssuer}/` }, 'issuer_untrusted'],
    [{ iss: null }, 'issuer_untrusted'],
    [{ aud: 'https://other.example' }, 'audience_mismatch'],
    [{ aud: undefined }, 'audience_mismatch'],
    [{ aud: [] }, 'audience_mismatch'],
    [{ aud: [7] }, 'claims_invalid'],
    [{ exp: now - 60 }, 'token_expired'],
    [{ exp: undefined }, 'claims_invalid'],
    [{ exp: `${now + 60}` }, 'claims_invalid'],
    [{ exp: Number.POSITIVE_INFINITY }, 'claims_invalid'],
    [{ nbf: now + 60 }, 'token_not_yet_valid'],
    [{ iat: now + 60 }, 'token_not_yet_valid'],
    [{ sub: 7 }, 'claims_invalid'],
  ])('is refused with %j as %s', (members, code) => {
    expect(() => judge({ ...good, ...members })).toThrow(failing(code));
  });

  it('says what kind of token it got, and nothing more of it', () => {
    const answer = { ...good, token_type: 'x'.repeat(100), token_use: 7, sub: 'secret' };
    const detail = { issuer: testIssuer, token_type: 'x'.repeat(64), token_use: '7' };
    expect(() => judge(answer)).toThrow(expect.objectContaining({ detail }));
  });

  it('keeps the binding of a bound token for those who judge it', () => {
    const cnf = { jkt: 'x' };
    expect(judge({ ...good, token_type: 'DPoP', cnf }).claims).toMatchObject({ cnf });
  });
});

describe('an answer about a JWT', () => {
  const { scope: _scope, ...lean } = good;

  it('counts by the mark that the token bears, or the answer adds', () => {
    expect(judge(lean, jwtOf({ typ: 'AT+JWT' }, {})).subject).toBe('alice');
    expect(judge(good, jwtOf({}, {})).subject).toBe('alice');
  });

  it.each<[string, Claims, Claims]>([
    ['no mark of an access token', {}, {}],
    ['the nonce of an ID token', { typ: 'at+jwt' }, { nonce: 'n' }],
    ['the hash of an ID token', {}, { scope: 'a', at_hash: 'h' }],
    ['the typ of a logout token', { typ: 'logout+jwt' }, { scope: 'a' }],
    ['the payload typ of an ID token', {}, { scope: 'a', typ: 'ID' }],
  ])('is refused for %s, active or not', (_, header, claims) => {
    expect(() => judge(lean, jwtOf(header, claims))).toThrow(failing('type_denied'));
  });

  it('does not loosen what the token is bound to by saying nothing of it', () => {
    const bound = jwtOf({}, { cnf: { jkt: 'x' } });
    expect(judge(good, bound).claims).toMatchObject({ cnf: { jkt: 'x' } });
    expect(judge({ ...good, cnf: { jkt: 'y' } }, bound).claims).toMatchObject({
      cnf: { jkt: 'y' },
    });
    expect(judge(good, jwtOf({}, {})).claims).not.toHaveProperty('cnf');
  });

  it('is refused for another audience though the token names ours', () => {
    const answer = { ...good, aud: 'https://other.example' };
    const jwt = jwtOf({ typ: 'at+jwt' }, { aud: testResource });
    expect(() => judge(answer, jwt)).toThrow(failing('audience_mismatch'));
  });
});
