import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorTable } from '../../src/core/error-table.ts';
import { signatureAlgorithms } from '../../src/core/provider.ts';
import { challengeHeader } from '../../src/http/challenge.ts';

const resourceMetadata = 'https://mcp.example/.well-known/oauth-protected-resource/mcp';

describe('challengeHeader', () => {
  it('names only the metadata where nothing was sent', () => {
    expect(challengeHeader({ resourceMetadata })).toBe(
      `Bearer resource_metadata="${resourceMetadata}"`,
    );
  });

  it('names a realm where there is no OAuth, since a scheme needs a parameter', () => {
    expect(challengeHeader({ resourceMetadata: null })).toBe('Bearer realm="mcp"');
    expect(challengeHeader({ resourceMetadata: null, error: 'invalid_token' })).toBe(
      'Bearer realm="mcp", error="invalid_token"',
    );
  });

  it('puts Bearer first, then metadata, error, scope, and the description last', () => {
    const challenge = challengeHeader({
      resourceMetadata,
      error: 'insufficient_scope',
      scopes: ['mcp:read', 'mcp:admin'],
      description: 'More is needed.',
    });
    expect(challenge).toBe(
      `Bearer resource_metadata="${resourceMetadata}", error="insufficient_scope", ` +
        'scope="mcp:read mcp:admin", error_description="More is needed."',
    );
  });

  it('describes nothing where there is no error', () => {
    expect(challengeHeader({ resourceMetadata, description: 'text' })).not.toContain('description');
  });

  it('never writes "scope=" into a description, where SDKs would find it', () => {
    const challenge = challengeHeader({
      resourceMetadata,
      error: 'invalid_token',
      description: 'ask for scope="a" or SCOPE = b',
    });
    expect(challenge.match(/scope\s*=/gi)).toBeNull();
  });

  it('keeps that promise for every message of the error table', () => {
    for (const { message } of Object.values(errorTable)) expect(message).not.toMatch(/scope\s*=/i);
  });

  it('escapes quotes and backslashes and drops what no header may carry', () => {
    const challenge = challengeHeader({
      resourceMetadata: 'https://a/"\\\r\nX-Evil: 1',
      error: 'invalid_token',
      scopes: ['a"b'],
      description: 'quote " backslash \\ newline \r\n é',
    });
    expect(challenge).toBe(
      'Bearer resource_metadata="https://a/\\"\\\\X-Evil: 1", error="invalid_token", ' +
        'scope="a\\"b", error_description="quote \' backslash \' newline  "',
    );
  });

  it('is legal header text whatever it is given', () => {
    const any = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(any, fc.array(any), any, (url, scopes, description) => {
        const challenge = challengeHeader({
          resourceMetadata: url,
          error: 'invalid_token',
          scopes,
          description,
        });
        expect(challenge).toMatch(/^[\x20-\x7e]*$/);
        expect(new Headers({ 'WWW-Authenticate': challenge }).get('WWW-Authenticate')).toBe(
          challenge.trim(),
        );
        const unquoted = challenge.replace(/"(?:[^"\\]|\\.)*"/g, '');
        expect(unquoted).not.toMatch(/["\\]/);
      }),
    );
  });

  it('offers Bearer first and DPoP with its algorithms behind it', () => {
    const challenge = challengeHeader({ resourceMetadata, schemes: ['bearer', 'dpop'] });
    expect(challenge).toBe(
      `Bearer resource_metadata="${resourceMetadata}", ` +
        `DPoP resource_metadata="${resourceMetadata}", algs="${signatureAlgorithms.join(' ')}"`,
    );
  });

  it.each([
    ['a Bearer token', 'bearer', 'invalid_token', /Bearer [^D]*error="invalid_token"[^D]*DPoP/],
    ['a DPoP token', 'dpop', 'invalid_token', /DPoP .*error="invalid_token"/],
    ['nothing', null, 'invalid_request', /Bearer [^D]*error="invalid_request"/],
    ['a DPoP proof', null, 'invalid_dpop_proof', /DPoP .*error="invalid_dpop_proof"/],
    ['a DPoP nonce', 'dpop', 'use_dpop_nonce', /DPoP .*error="use_dpop_nonce"/],
  ] as const)('puts the error about %s into one challenge only', (_, presented, error, pattern) => {
    const challenge = challengeHeader({
      resourceMetadata,
      schemes: ['bearer', 'dpop'],
      presented,
      error,
      description: 'No.',
    });
    expect(challenge).toMatch(pattern);
    expect(challenge.match(/error=/g)).toHaveLength(1);
    expect(challenge.match(/error_description=/g)).toHaveLength(1);
    expect(challenge.startsWith('Bearer ')).toBe(true);
  });

  it('names the scopes in every challenge, before any description', () => {
    const challenge = challengeHeader({
      resourceMetadata,
      schemes: ['bearer', 'dpop'],
      presented: 'bearer',
      error: 'insufficient_scope',
      scopes: ['a', 'b'],
      description: 'More.',
    });
    expect(challenge.match(/scope="a b"/g)).toHaveLength(2);
    expect(challenge.indexOf('scope="a b"')).toBeLessThan(challenge.indexOf('error_description'));
  });

  it('offers DPoP alone where it is required', () => {
    const challenge = challengeHeader({
      resourceMetadata,
      schemes: ['dpop'],
      presented: 'bearer',
      error: 'invalid_token',
    });
    expect(challenge).toMatch(/^DPoP .*error="invalid_token"/);
    expect(challenge).not.toContain('Bearer');
  });
});
