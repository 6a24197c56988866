import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type SampleServer, startSampleServer } from '../../src/cli/demo/sample-server.ts';
import {
  firstScope,
  fullScope,
  type GatewayRig,
  introspector,
  startGatewayRig,
} from '../support/gateway-rig.ts';
import { callTool, type SdkClient } from '../support/sdk-client.ts';
import { sdkV1 } from '../support/sdk-v1.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { traceFetch } from '../support/traced-fetch.ts';

let sample: SampleServer;
let rig: GatewayRig;
const open: SdkClient[] = [];
const realFetch = globalThis.fetch;
/** Tokens that the gateway has asked the IdP about, in order. */
const asked: (string | null)[] = [];

beforeEach(async () => {
  asked.length = 0;
  vi.spyOn(globalThis, 'fetch').mockImplementation((target, init) => {
    if (`${target}`.endsWith('/token/introspection'))
      asked.push(new URLSearchParams(`${init?.body}`).get('token'));
    return realFetch(target, init);
  });
  sample = await startSampleServer();
  rig = await startGatewayRig({ upstream: sample.url, opaque: true });
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const client of open.splice(0)) await client.close();
  await rig?.close();
  await sample?.close();
});

async function logIn(create = sdkV2, refresh = false) {
  const trace = traceFetch();
  const mcp = create({ url: rig.resource, fetch: trace.fetch, refresh });
  open.push(mcp);
  await mcp.connect();
  return { mcp, trace };
}

const tokenOf = (mcp: SdkClient): string => mcp.tokens()?.access_token ?? '';

/** Calls a tool by hand, so that no SDK can log in again. */
function call(token: string, name: string): Promise<Response> {
  return realFetch(rig.resource, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name, arguments: {} },
    }),
  });
}

async function statusOf(token: string, name: string): Promise<number> {
  const response = await call(token, name);
  await response.text();
  return response.status;
}

async function revoke(token: string): Promise<void> {
  const { clientId, clientSecret } = introspector;
  const response = await realFetch(`${rig.idp.issuer}/token/revocation`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ token }),
  });
  expect(response.status).toBe(200);
}

describe.each([
  ['SDK v1', sdkV1],
  ['SDK v2', sdkV2],
] as const)('%s with opaque tokens', (_, create) => {
  it('logs in, calls, and steps up once', async () => {
    const { mcp } = await logIn(create);
    expect(tokenOf(mcp)).toMatch(/^[\w-]{20,}$/);
    expect(mcp.tokens()?.scope).toBe(firstScope);
    await callTool(mcp, 'notes_list');
    expect(mcp.logins).toHaveLength(1);
    // One token is asked about once, however often it comes.
    expect(asked.filter((token) => token === tokenOf(mcp))).toHaveLength(1);
    await callTool(mcp, 'notes_purge');
    expect(mcp.logins).toHaveLength(2);
    expect(mcp.tokens()?.scope).toBe(fullScope);
    expect(rig.log()).not.toContain(tokenOf(mcp));
    expect(rig.log()).not.toContain(introspector.clientSecret);
  });

  it('refreshes an expired token without its user', async () => {
    const { mcp, trace } = await logIn(create, true);
    const old = tokenOf(mcp);
    // Two requests that are refused at once would spend the same refresh token twice.
    await trace.untilStreamAnswered(rig.resource);
    const now = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 15 * 60 * 1_000);
    await callTool(mcp, 'notes_list');
    expect(tokenOf(mcp)).not.toBe(old);
    expect(mcp.logins).toHaveLength(1);
    expect(trace.refusal()).toMatchObject({ status: 401 });
  });
});

describe('a revoked token', () => {
  it('is refused at once where the policy has the issuer asked, elsewhere within 30 seconds', async () => {
    const { mcp, trace } = await logIn();
    await callTool(mcp, 'notes_purge');
    // Or the client's own stream would be counted.
    await trace.untilStreamAnswered(rig.resource);
    const token = tokenOf(mcp);
    expect(await statusOf(token, 'notes_list')).toBe(200);
    await revoke(token);
    expect(await statusOf(token, 'notes_list')).toBe(200);
    const before = sample.requests();
    const refused = await call(token, 'notes_purge');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(sample.requests()).toBe(before);
    expect(rig.log()).toContain('token_inactive');
  });

  it('is refused everywhere once what the issuer said is 30 seconds old', async () => {
    const { mcp } = await logIn();
    const token = tokenOf(mcp);
    await revoke(token);
    expect(await statusOf(token, 'notes_list')).toBe(200);
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 30_001);
    expect(await statusOf(token, 'notes_list')).toBe(401);
  });
});

describe('an issuer that is down', () => {
  it('is 503 for a token that it has to be asked about, and never 401', async () => {
    const { mcp } = await logIn();
    await callTool(mcp, 'notes_purge');
    const token = tokenOf(mcp);
    await rig.idp.close();
    // What it said a moment ago still counts, but not where it has to confirm.
    expect(await statusOf(token, 'notes_list')).toBe(200);
    for (const [unverifiable, tool] of [
      [token, 'notes_purge'],
      ['another-token', 'notes_list'],
    ] as const) {
      const response = await call(unverifiable, tool);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(response.headers.get('www-authenticate')).toBeNull();
    }
    expect(rig.log()).toContain('issuer_unavailable');
  });
});

describe('a flood of one unknown token', () => {
  it('is one question to the issuer for 500 requests at once', async () => {
    const requests = Array.from({ length: 500 }, () => statusOf('nobody-knows-this', 'notes_list'));
    expect(new Set(await Promise.all(requests))).toEqual(new Set([401]));
    expect(asked.filter((token) => token === 'nobody-knows-this')).toHaveLength(1);
    expect(sample.requests()).toBe(0);
  });
});
