import { describe, expect, it } from 'vitest';
import type { Claims } from '../../src/core/types.ts';
import { isExpired, judgeClaims } from '../../src/token/claims.ts';
import { parseJsonObject } from '../../src/token/json.ts';
import { epochMs, manualClock } from '../support/clock.ts';
import { accessTokenClaims, testIssuer, testProfile, testResource } from '../support/issuer.ts';

const profile = testProfile();
const now = epochMs / 1_000;
const good = accessTokenClaims(testIssuer, epochMs);
const judge = (claims: Claims) => judgeClaims(claims, profile, manualClock());
const failing = (code: string) => expect.objectContaining({ code });

/** Claims as they come out of JSON, where `1e400` and friends are possible. */
function withRaw(name: string, json: string): Claims {
  const { [name]: _, ...others } = good;
  return parseJsonObject(`${JSON.stringify(others).slice(0, -1)},"${name}":${json}}`) ?? {};
}

function without(name: string): Claims {
  const { [name]: _, ...others } = good;
  return others;
}

describe('judgeClaims', () => {
  it('reads the principal of good claims', () => {
    expect(judge(good)).toEqual({
      issuer: testIssuer,
      subject: 'alice',
      clientId: 'inspector',
      scopes: new Set(['mcp:access', 'mcp:tools:read']),
      expiresAt: now + 3_600,
      claims: good,
    });
  });

  it.each([
    ['.evil appended', `${testIssuer}.evil`],
    ['a slash appended', `${testIssuer}/`],
    ['another case of the host', testIssuer.replace('idp', 'IDP')],
    ['plain http', testIssuer.replace('https', 'http')],
    ['percent-encoding', testIssuer.replace('realms', '%72ealms')],
    ['an array', [testIssuer]],
    ['an object', { iss: testIssuer }],
    ['nothing', undefined],
  ])('refuses an issuer with %s', (_, iss) => {
    expect(() => judge({ ...good, iss })).toThrow(failing('issuer_untrusted'));
  });

  it.each([
    ['alone', testResource],
    ['first', [testResource, 'https://other.example']],
    ['last', ['https://other.example', testResource]],
    ['twice', [testResource, testResource]],
  ])('accepts the audience %s', (_, aud) => {
    expect(judge({ ...good, aud }).subject).toBe('alice');
  });

  it.each([
    ['a substring', 'https://mcp.example/mc'],
    ['a superstring', `${testResource}x`],
    ['a prefix', 'https://mcp.example'],
    ['a trailing slash', `${testResource}/`],
    ['another case of the path', 'https://mcp.example/MCP'],
    ['an explicit port', 'https://mcp.example:443/mcp'],
    ['others', ['a', 'b']],
    ['none', []],
    ['a comma list', `${testResource},https://other.example`],
    ['a space list', `${testResource} https://other.example`],
    ['null', null],
    ['nothing', undefined],
    ['an empty string', ''],
  ])('refuses a token whose audience is %s', (_, aud) => {
    expect(() => judge({ ...good, aud })).toThrow(failing('audience_mismatch'));
  });

  it.each([
    ['a nested array', [[testResource]]],
    ['an array with a number beside us', [testResource, 7]],
    ['an object', { aud: testResource }],
    ['a number', 7],
    ['true', true],
  ])('refuses a token whose audience is %s, which is no audience', (_, aud) => {
    expect(() => judge({ ...good, aud })).toThrow(failing('claims_invalid'));
  });

  it.each([
    [['a'], ['a'], expect.stringContaining('MCP_OAUTH_AUDIENCE')],
    [undefined, null, expect.stringMatching(/generic to put .* as the audience/)],
  ])('says what audience it got, what it expected and what to set: %j', (aud, got, set) => {
    const detail = { issuer: testIssuer, got, expected: [testResource], set };
    expect(() => judge({ ...good, aud })).toThrow(expect.objectContaining({ detail }));
  });

  it.each([
    '"1795179600"',
    'null',
    'true',
    '[]',
    '{}',
    '1e400',
    '-1e400',
    '1e308',
    '9007199254740993',
  ])('refuses exp %s', (json) => {
    expect(() => judge(withRaw('exp', json))).toThrow(failing('claims_invalid'));
  });

  it.each(['"0"', 'null', 'false', '[1]', '1e400'])('refuses nbf and iat %s', (json) => {
    expect(() => judge(withRaw('nbf', json))).toThrow(failing('claims_invalid'));
    expect(() => judge(withRaw('iat', json))).toThrow(failing('claims_invalid'));
  });

  it('requires exp, but neither nbf nor iat', () => {
    expect(() => judge(without('exp'))).toThrow(failing('claims_invalid'));
    expect(judge(without('iat')).subject).toBe('alice');
  });

  it('accepts fractions', () => {
    expect(judge({ ...good, exp: now + 0.5, iat: now - 0.5 }).expiresAt).toBe(now + 0.5);
  });

  it.each([0, -1, now - 3_600, now - 31, now - 30])('refuses exp %d as expired', (exp) => {
    expect(() => judge({ ...good, exp })).toThrow(failing('token_expired'));
  });

  it.each([now - 29.5, now - 29, now - 1, now])('accepts exp %d within the leeway', (exp) => {
    expect(judge({ ...good, exp }).expiresAt).toBe(exp);
  });

  it.each(['nbf', 'iat'])('refuses %s in the future beyond 30 seconds', (name) => {
    expect(() => judge({ ...good, [name]: now + 31 })).toThrow(failing('token_not_yet_valid'));
    expect(() => judge({ ...good, [name]: now + 3_600 })).toThrow(failing('token_not_yet_valid'));
    expect(judge({ ...good, [name]: now + 30 }).subject).toBe('alice');
  });

  it('leaves the proof of a bound token to others, and its binding in the claims', () => {
    const bound = { ...good, cnf: { jkt: 'x' } };
    expect(judge(bound).claims).toEqual(bound);
  });

  it('reads the audience where the adapter says it is', () => {
    const own = { ...profile, audience: ({ client_id }: Claims) => client_id };
    const judged = (claims: Claims) => judgeClaims(claims, own, manualClock());
    expect(() => judged(good)).toThrow(failing('audience_mismatch'));
    expect(judged({ ...without('aud'), client_id: testResource }).subject).toBe('alice');
  });

  it('refuses what the adapter cannot read', () => {
    expect(() => judge({ ...good, sub: 7 })).toThrow(failing('claims_invalid'));
  });

  it('names the held scopes when expiry is the only fault', () => {
    expect(() => judge({ ...good, exp: now - 60 })).toThrow(
      expect.objectContaining({ code: 'token_expired', scopes: ['mcp:access', 'mcp:tools:read'] }),
    );
  });

  it.each<[Record<string, unknown>, string]>([
    [{ iss: 'https://other.example' }, 'issuer_untrusted'],
    [{ aud: 'other' }, 'audience_mismatch'],
    [{ nbf: 'x' }, 'claims_invalid'],
    [{ sub: 7 }, 'claims_invalid'],
    [{ nbf: now + 60 }, 'token_not_yet_valid'],
  ])('judges expiry last: with %j an expired token is %s', (fault, code) => {
    expect(() => judge({ ...good, exp: now - 60, ...fault })).toThrow(failing(code));
  });

  it('does not let an adapter replace the issuer', () => {
    const forged = { ...profile, principal: () => ({ ...judge(good), issuer: 'evil' }) };
    expect(judgeClaims(good, forged, manualClock()).issuer).toBe(testIssuer);
  });
});

describe('isExpired', () => {
  it('grants 30 seconds of leeway', () => {
    const clock = manualClock();
    expect(isExpired(now - 29.999, clock)).toBe(false);
    expect(isExpired(now - 30, clock)).toBe(true);
  });
});
