import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { systemPorts } from '../../src/core/ports.ts';
import type { Principal } from '../../src/core/types.ts';
import type { UpstreamIdentity } from '../../src/core/upstream-identity.ts';
import { createIdentityTeller } from '../../src/gateway/upstream-identity.ts';
import { testResource } from '../support/issuer.ts';

const alice: Principal = {
  issuer: 'https://idp.example',
  subject: 'alice',
  clientId: null,
  scopes: new Set(['mcp:read']),
  expiresAt: 0,
  claims: {},
};
const silent: UpstreamIdentity = { credentials: {}, headers: {}, assertion: null };
const assertion = {
  header: 'x-doorman-jwt-assertion',
  key: null,
  claims: [],
  audience: 'http://127.0.0.1:9000/mcp',
};

function teller(identity: Partial<UpstreamIdentity>) {
  const warn = vi.fn();
  const ports = { clock: systemPorts.clock, log: { ...systemPorts.log, warn } };
  const made = createIdentityTeller({
    identity: { ...silent, ...identity },
    resource: testResource,
    ports,
  });
  return { ...made, warn };
}

describe('createIdentityTeller', () => {
  it('says nothing unless it is told to', async () => {
    const { headersFor, publicKey, warn } = teller({});
    expect(await headersFor(alice)).toEqual({});
    expect(publicKey).toBeNull();
    expect(warn).not.toHaveBeenCalled();
  });

  it('sends the credential of the gateway beside what it says of the caller', async () => {
    const credentials = { authorization: 'Bearer ours', 'x-api-key': 'key' };
    const { headersFor } = teller({ credentials, headers: { 'x-user': 'subject' } });
    expect(await headersFor(alice)).toEqual({ ...credentials, 'x-user': 'alice' });
  });

  it('signs an assertion that its published key verifies', async () => {
    const { headersFor, publicKey } = teller({ assertion });
    const { 'x-doorman-jwt-assertion': jwt = '' } = await headersFor(alice);
    const key = await publicKey?.();
    const keys = createLocalJWKSet({ keys: key ? [key] : [] });
    const { payload } = await jwtVerify(jwt, keys, { issuer: testResource });
    expect(payload).toMatchObject({ sub: 'alice', aud: assertion.audience });
  });

  it('writes an assertion as a bearer token where frameworks look for one', async () => {
    const { headersFor } = teller({ assertion: { ...assertion, header: 'authorization' } });
    expect((await headersFor(alice)).authorization).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('warns that replicas would not know the key it makes', () => {
    expect(teller({ assertion }).warn).toHaveBeenCalledWith('assertion_key_made', {
      resource: testResource,
      hint: expect.stringContaining('MCP_OAUTH_ASSERTION_KEY_FILE'),
    });
  });

  it('tells of nobody who cannot be told in full', async () => {
    const { headersFor } = teller({ headers: { 'x-user': 'subject' }, assertion });
    await expect(headersFor({ ...alice, subject: 'a'.repeat(9_000) })).rejects.toMatchObject({
      code: 'operation_denied',
    });
  });
});
