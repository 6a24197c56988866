import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorTable } from '../../src/core/error-table.ts';
import { DoormanError } from '../../src/core/errors.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

const statuses: Record<ErrorCode, number> = {
  token_missing: 401,
  authorization_malformed: 400,
  token_malformed: 401,
  token_expired: 401,
  token_not_yet_valid: 401,
  token_inactive: 401,
  signature_invalid: 401,
  algorithm_denied: 401,
  type_denied: 401,
  key_unknown: 401,
  issuer_untrusted: 401,
  audience_mismatch: 401,
  claims_invalid: 401,
  binding_required: 401,
  binding_mismatch: 401,
  proof_invalid: 401,
  proof_nonce_required: 401,
  scope_insufficient: 403,
  operation_denied: 403,
  origin_denied: 403,
  host_denied: 421,
  method_unknown: 200,
  session_mismatch: 404,
  task_unknown: 200,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  body_too_large: 413,
  content_type_denied: 415,
  headers_too_large: 431,
  rate_limited: 429,
  sessions_exhausted: 429,
  message_invalid: 400,
  header_mismatch: 400,
  version_unsupported: 400,
  shutting_down: 503,
  issuer_unavailable: 503,
  upstream_unavailable: 502,
  upstream_timeout: 504,
  upstream_refused: 502,
  upstream_exhausted: 503,
  internal_error: 500,
};

describe('errorTable', () => {
  it('gives every code its status', () => {
    expect(Object.fromEntries(codes.map((code) => [code, errorTable[code].status]))).toEqual(
      statuses,
    );
  });

  it('calls a token bad in every 401 but those for no token and for its proof', () => {
    const others: Partial<Record<ErrorCode, string | null>> = {
      token_missing: null,
      proof_invalid: 'invalid_dpop_proof',
      proof_nonce_required: 'use_dpop_nonce',
    };
    for (const code of codes.filter((each) => statuses[each] === 401)) {
      const expected = code in others ? others[code] : 'invalid_token';
      expect(errorTable[code].challenge).toBe(true);
      expect(errorTable[code].oauthError).toBe(expected);
    }
  });

  it('has OAuth errors besides for a malformed header and for missing scopes only', () => {
    const others = codes.filter((code) => statuses[code] !== 401 && errorTable[code].challenge);
    expect(others.map((code) => [code, errorTable[code].oauthError])).toEqual([
      ['authorization_malformed', 'invalid_request'],
      ['scope_insufficient', 'insufficient_scope'],
    ]);
    for (const code of codes) {
      if (!errorTable[code].challenge) expect(errorTable[code].oauthError).toBeNull();
    }
  });

  it('never calls an outage a bad token, and says when to come back', () => {
    for (const code of codes.filter((each) => statuses[each] === 503)) {
      expect(errorTable[code].challenge).toBe(false);
      expect(errorTable[code].retryAfterSeconds).toBeGreaterThan(0);
    }
  });

  it('speaks in fixed sentences that no SDK can mistake for a scope', () => {
    for (const code of codes) {
      expect(errorTable[code].message).toMatch(/^[A-Z][A-Za-z0-9 ,.:/'-]*\.$/);
      expect(errorTable[code].message).not.toContain('scope=');
    }
  });

  it('does not tell a client which check of the signature failed', () => {
    const one = errorTable.signature_invalid.message;
    expect(errorTable.algorithm_denied.message).toBe(one);
    expect(errorTable.key_unknown.message).toBe(one);
  });
});

describe('DoormanError', () => {
  it('takes everything from its row where nothing else is said', () => {
    const error = new DoormanError('issuer_unavailable');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'DoormanError',
      code: 'issuer_unavailable',
      message: errorTable.issuer_unavailable.message,
      row: errorTable.issuer_unavailable,
      detail: {},
      scopes: [],
      rpcCode: 503,
      rpcData: null,
      rpcId: null,
      retryAfterSeconds: 5,
      dpopNonce: null,
    });
    expect(error.cause).toBeUndefined();
  });

  it('keeps what it is told, and its message all the same', () => {
    const cause = new TypeError('fetch failed');
    const error = new DoormanError('scope_insufficient', {
      cause,
      detail: { got: 'a', expected: 'b' },
      rpcCode: -32600,
      scopes: ['a', 'b'],
      rpcId: '1.0',
      retryAfterSeconds: 0,
      dpopNonce: 'nonce-1',
    });
    expect(error).toMatchObject({
      code: 'scope_insufficient',
      message: errorTable.scope_insufficient.message,
      cause,
      detail: { got: 'a', expected: 'b' },
      rpcCode: -32600,
      scopes: ['a', 'b'],
      rpcId: '1.0',
      retryAfterSeconds: 0,
      dpopNonce: 'nonce-1',
    });
  });
});
