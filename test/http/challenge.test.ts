import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorTable } from '../../src/core/errors.ts';
import { bearerChallenge } from '../../src/http/challenge.ts';

const resourceMetadata = 'https://mcp.example/.well-known/oauth-protected-resource/mcp';

describe('bearerChallenge', () => {
  it('names only the metadata where nothing was sent', () => {
    expect(bearerChallenge({ resourceMetadata })).toBe(
      `Bearer resource_metadata="${resourceMetadata}"`,
    );
  });

  it('puts Bearer first, then metadata, error, scope, and the description last', () => {
    const challenge = bearerChallenge({
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
    expect(bearerChallenge({ resourceMetadata, description: 'text' })).not.toContain('description');
  });

  it('never writes "scope=" into a description, where SDKs would find it', () => {
    const challenge = bearerChallenge({
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
    const challenge = bearerChallenge({
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
        const challenge = bearerChallenge({
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
});
