import { DpopSession } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { presentToken } from '../../src/cli/demo/credential.ts';
import { type SampleServer, startSampleServer } from '../../src/cli/demo/sample-server.ts';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { callTool, type SdkClient } from '../support/sdk-client.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { type TracedFetch, traceFetch } from '../support/traced-fetch.ts';

let sample: SampleServer;
let rig: GatewayRig;
let mcp: SdkClient | undefined;

afterEach(async () => {
  vi.restoreAllMocks();
  await mcp?.close();
  mcp = undefined;
  await rig?.close();
  await sample?.close();
});

async function start(env: Record<string, string>, opaque = false): Promise<void> {
  sample = await startSampleServer();
  rig = await startGatewayRig({ upstream: sample.url, env, opaque });
}

interface Sent {
  readonly authorization: string;
  readonly dpop: string;
}

/** A client that has logged in, and the newest credential it sent to the gateway. */
async function logIn(): Promise<{ mcp: SdkClient; trace: TracedFetch; sent: () => Sent }> {
  const trace = traceFetch();
  let sent: Sent = { authorization: '', dpop: '' };
  const client = sdkV2({
    url: rig.resource,
    refresh: true,
    dpop: true,
    fetch(target, init = {}) {
      const headers = new Headers(init.headers);
      if (`${target}` === rig.resource && init.method === 'POST') {
        const [authorization, dpop] = [headers.get('authorization'), headers.get('dpop')];
        sent = { authorization: authorization ?? '', dpop: dpop ?? '' };
      }
      return trace.fetch(target, init);
    },
  });
  mcp = client;
  await client.connect();
  return { mcp: client, trace, sent: () => sent };
}

function call(headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(rig.resource, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...headers,
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"notes_list","arguments":{}}}',
  });
}

async function expectRefused(response: Response, error: string | null): Promise<void> {
  expect(response.status).toBe(401);
  const challenge = response.headers.get('www-authenticate') ?? '';
  expect(/error="([^"]*)"/.exec(challenge)?.[1] ?? null).toBe(error);
}

describe.each([
  ['JWT', false, 'false'],
  ['JWT', false, 'true'],
  ['opaque', true, 'false'],
  ['opaque', true, 'true'],
] as const)('a bound %s token (opaque: %s), nonce %s', (_, opaque, nonce) => {
  it('is had by login, used, refreshed without its user, and stepped up', async () => {
    await start({ MCP_OAUTH_DPOP: 'required', MCP_OAUTH_DPOP_NONCE: nonce }, opaque);
    const { mcp, trace } = await logIn();
    expect(mcp.tokens()).toMatchObject({ token_type: 'DPoP' });
    await callTool(mcp, 'notes_list');
    await trace.untilStreamAnswered(rig.resource);
    const old = mcp.tokens()?.access_token;
    const now = Date.now;
    const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() + 15 * 60 * 1_000);
    await callTool(mcp, 'notes_list');
    expect(mcp.tokens()?.access_token).not.toBe(old);
    expect(mcp.logins).toHaveLength(1);
    await callTool(mcp, 'notes_purge');
    expect(mcp.logins).toHaveLength(2);
    spy.mockRestore();
  });

  it('is refused as a bearer token, replayed, and with the proof of another key', async () => {
    await start({ MCP_OAUTH_DPOP: 'optional', MCP_OAUTH_DPOP_NONCE: nonce }, opaque);
    const { mcp, sent, trace } = await logIn();
    await callTool(mcp, 'notes_list');
    // Or the client's own stream would be counted.
    await trace.untilStreamAnswered(rig.resource);
    const token = mcp.tokens()?.access_token ?? '';
    const before = sample.requests();
    await expectRefused(await call({ authorization: `Bearer ${token}` }), 'invalid_token');
    await expectRefused(await call({ ...sent() }), 'invalid_dpop_proof');
    const stranger = await presentToken(token, rig.resource, await DpopSession.create());
    await expectRefused(await call(stranger), 'invalid_token');
    expect(sample.requests()).toBe(before);
    expect(rig.log()).not.toContain(token);
  });
});

describe('the metadata', () => {
  it.each([
    ['off', undefined, false],
    ['optional', undefined, true],
    ['required', true, true],
  ] as const)('where DPoP is %s', async (dpop, required, algorithms) => {
    await start({ MCP_OAUTH_DPOP: dpop });
    const { origin } = new URL(rig.resource);
    const response = await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`);
    const document = (await response.json()) as Record<string, unknown>;
    expect(document.dpop_bound_access_tokens_required).toBe(required);
    expect('dpop_signing_alg_values_supported' in document).toBe(algorithms);
  });
});
