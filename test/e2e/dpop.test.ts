import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { callTool, type SdkClient } from '../support/sdk-client.ts';
import { sdkV1 } from '../support/sdk-v1.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { type TracedFetch, traceFetch } from '../support/traced-fetch.ts';
import { relayTo, startUpstream, type Upstream } from '../support/upstream.ts';

let everything: EverythingServer;
let upstream: Upstream;
let rig: GatewayRig;
let trace: TracedFetch;
const open: SdkClient[] = [];

beforeAll(async () => {
  everything = await startEverything();
  upstream = await startUpstream(relayTo(everything.url));
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
  await rig?.close();
});
afterAll(async () => {
  await upstream?.close();
  await everything?.close();
});

async function start(env: Record<string, string>): Promise<void> {
  rig = await startGatewayRig({ upstream: upstream.url, env });
}

function client(create = sdkV2, dpop = true): SdkClient {
  trace = traceFetch();
  const made = create({ url: rig.resource, fetch: trace.fetch, dpop });
  open.push(made);
  return made;
}

function claimsOf(mcp: SdkClient): Record<string, unknown> {
  const [, claims = ''] = mcp.tokens()?.access_token.split('.') ?? [];
  return JSON.parse(Buffer.from(claims, 'base64url').toString());
}

const echo = { message: 'bound' };
const echoed = { content: [{ type: 'text', text: 'Echo: bound' }] };

describe.each([
  ['optional', 'false'],
  ['optional', 'true'],
  ['required', 'false'],
  ['required', 'true'],
])("SDK v2's DPoP client and oidc-provider, DPoP %s, nonce %s", (dpop, nonce) => {
  it('logs in for a bound token, calls, and steps up', async () => {
    await start({ MCP_OAUTH_DPOP: dpop, MCP_OAUTH_DPOP_NONCE: nonce });
    const mcp = client();
    await mcp.connect();
    expect(claimsOf(mcp)).toMatchObject({ cnf: { jkt: expect.stringMatching(/^[\w-]{43}$/) } });
    expect(await callTool(mcp, 'echo', echo)).toMatchObject(echoed);
    expect(mcp.logins).toHaveLength(1);
    await callTool(mcp, 'toggle-simulated-logging', {});
    expect(mcp.logins).toHaveLength(2);
    expect(claimsOf(mcp).scope).toContain('mcp:admin');
    expect(rig.log().includes('proof_nonce_required')).toBe(nonce === 'true');
    expect(rig.log()).not.toContain('eyJ');
  });
});

describe('a DPoP-bound token', () => {
  it('is good for nothing without its key', async () => {
    await start({ MCP_OAUTH_DPOP: 'optional' });
    const mcp = client();
    await mcp.connect();
    const token = mcp.tokens()?.access_token;
    const arrivals = upstream.arrivals.length;
    for (const scheme of ['Bearer', 'DPoP']) {
      const answer = await fetch(rig.resource, {
        method: 'POST',
        headers: { authorization: `${scheme} ${token}`, 'content-type': 'application/json' },
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
      });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*, DPoP .*algs="/);
    }
    expect(upstream.arrivals.slice(arrivals).filter(({ method }) => method === 'POST')).toEqual([]);
  });
});

describe('clients without DPoP', () => {
  it.each([
    ['SDK v1', sdkV1],
    ['SDK v2', sdkV2],
  ] as const)('%s comes in and steps up as ever where DPoP is optional', async (_, create) => {
    await start({ MCP_OAUTH_DPOP: 'optional' });
    const mcp = client(create, false);
    await mcp.connect();
    expect(claimsOf(mcp)).not.toHaveProperty('cnf');
    expect(await callTool(mcp, 'echo', echo)).toMatchObject(echoed);
    await callTool(mcp, 'toggle-simulated-logging', {});
    expect(mcp.logins).toHaveLength(2);
  });

  it('are refused where DPoP is required, and read so in the metadata', async () => {
    await start({ MCP_OAUTH_DPOP: 'required' });
    const answer = await fetch(rig.resource, {
      method: 'POST',
      headers: { authorization: `Bearer ${await rig.mint()}` },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP resource_metadata=/);
    const { origin } = new URL(rig.resource);
    const metadata = await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`);
    expect(await metadata.json()).toMatchObject({
      dpop_bound_access_tokens_required: true,
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']),
    });
  });
});
