import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/core/types.ts';
import { toAuthInfo } from '../../src/mcp/auth-info.ts';

const principal: Principal = {
  issuer: 'https://idp.example',
  subject: 'alice',
  clientId: 'inspector',
  scopes: new Set(['mcp:write']),
  expiresAt: 1_800_000_000,
  claims: { email: 'alice@example.com' },
};
const context = {
  token: 'secret',
  resource: 'https://mcp.example/mcp',
  resourceMetadataUrl: 'https://mcp.example/.well-known/oauth-protected-resource/mcp',
  scopes: new Set(['mcp:write', 'mcp:read']),
};

describe('toAuthInfo', () => {
  it('says who calls in the words of both SDKs', () => {
    expect(toAuthInfo(principal, context)).toEqual({
      token: 'secret',
      clientId: 'inspector',
      scopes: ['mcp:write', 'mcp:read'],
      expiresAt: 1_800_000_000,
      resource: new URL('https://mcp.example/mcp'),
      resourceMetadataUrl: context.resourceMetadataUrl,
      extra: { issuer: 'https://idp.example', subject: 'alice', claims: principal.claims },
    });
  });

  it('leaves out what there is not', () => {
    const info = toAuthInfo(
      { ...principal, clientId: null, subject: null, tenant: 'acme' },
      { ...context, resourceMetadataUrl: null },
    );
    expect(info).not.toHaveProperty('resourceMetadataUrl');
    expect(info).toMatchObject({ clientId: '', extra: { subject: null, tenant: 'acme' } });
  });
});
