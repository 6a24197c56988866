import type { Principal } from '../../src/core/types.ts';

/** Alice of the test issuer, unless told otherwise. */
export function principal(more: Partial<Principal> = {}): Principal {
  return {
    issuer: 'https://idp.example/realms/mcp',
    subject: 'alice',
    clientId: 'inspector',
    scopes: new Set(),
    expiresAt: Number.POSITIVE_INFINITY,
    claims: {},
    ...more,
  };
}
