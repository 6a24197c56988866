import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { expectNoToken, rpcError } from '../support/expectations.ts';
import { type GatewayRig, mintToken, scopes, startGatewayRig } from '../support/gateway-rig.ts';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

let upstream: Upstream;
let rig: GatewayRig;
/** The IdP that is down at first: nothing of it is there but its name. */
let absent: Idp;
let revived: Idp | undefined;

beforeAll(async () => {
  upstream = await startUpstream(emptyResult);
  absent = await startIdp({ resource: 'https://mcp.example/mcp', scopes });
  await absent.close();
  rig = await startGatewayRig({ upstream: upstream.url, idp: absent });
});
afterAll(async () => {
  await rig?.close();
  await revived?.close();
  await upstream?.close();
});

function call(token: string): Promise<Response> {
  return fetch(rig.resource, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"jsonrpc":"2.0","id":"call-1","method":"ping"}',
  });
}

async function statusOf(path: string): Promise<number> {
  return (await fetch(new URL(path, rig.resource))).status;
}

it('answers 503 while the IdP is down, tells clients where it is, and recovers by itself', async () => {
  const token = await rig.mint();
  const response = await call(token);
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(response.headers.get('www-authenticate')).toBeNull();
  expect(await response.text()).toBe(
    rpcError(null, 503, 'Tokens cannot be verified right now. Try again.'),
  );
  expect(upstream.arrivals).toEqual([]);
  expectNoToken(rig.log(), token);

  expect(await statusOf('/.well-known/oauth-protected-resource/mcp')).toBe(200);
  expect(await statusOf('/healthz')).toBe(200);
  expect(await statusOf('/readyz')).toBe(503);
  // What needs no key is refused as always: an outage never hides a bad request.
  expect(await statusOf('/mcp')).toBe(401);
  expect((await call(await rig.mint({ iss: 'https://other.example' }))).status).toBe(401);

  const port = Number(new URL(absent.issuer).port);
  revived = await startIdp({ resource: rig.resource, scopes, port });
  const good = await mintToken(revived, { aud: rig.resource });
  await vi.waitFor(async () => expect((await call(good)).status).toBe(200), waiting);
  expect(await statusOf('/readyz')).toBe(200);
  expect(upstream.arrivals).toHaveLength(1);
});

it('goes on serving with the keys it has when the IdP goes down later', async () => {
  const known = await mintToken(revived ?? absent, { aud: rig.resource });
  const fresh = await mintToken(revived ?? absent, { aud: rig.resource }, { kid: 'new-key' });
  await revived?.close();
  expect((await call(known)).status).toBe(200);
  // Whether this key is a new one of the IdP's cannot be told.
  const response = await call(fresh);
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
});
