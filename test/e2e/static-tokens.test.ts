import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Service } from '../../src/config/config.ts';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { callTool, type SdkClient, toolNames } from '../support/sdk-client.ts';
import { sdkV1 } from '../support/sdk-v1.ts';
import { sdkV2 } from '../support/sdk-v2.ts';

const secret = 'an-old-token-of-the-team';
const staticTokens = [
  {
    name: 'team',
    hash: `sha256:${createHash('sha256').update(secret).digest('hex')}`,
    scopes: ['mcp:access', 'mcp:tools:read'],
    expiresAt: null,
  },
];

let everything: EverythingServer;
let rig: GatewayRig;
const open: SdkClient[] = [];

beforeAll(async () => {
  everything = await startEverything();
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
  await rig?.close();
});
afterAll(() => everything?.close());

async function start(change: Partial<Service>): Promise<void> {
  rig = await startGatewayRig({
    upstream: everything.url,
    change: (service) => ({ ...service, staticTokens, ...change }),
  });
}

function client(create: typeof sdkV1, authorization?: string): SdkClient {
  const made = create({
    url: rig.resource,
    fetch,
    ...(authorization !== undefined && { authorization }),
  });
  open.push(made);
  return made;
}

const bearers = [
  ['SDK v1, beside OAuth', sdkV1, {}],
  ['SDK v2, beside OAuth', sdkV2, {}],
  ['SDK v1, without OAuth', sdkV1, { issuers: [] }],
  ['SDK v2, without OAuth', sdkV2, { issuers: [] }],
] as const;

it.each(bearers)('a static Bearer token keeps working: %s', async (_, create, change) => {
  await start(change);
  const mcp = client(create, `Bearer ${secret}`);
  await mcp.connect();
  expect(await toolNames(mcp)).toContain('echo');
  expect(await callTool(mcp, 'echo', { message: 'hi' })).toMatchObject({
    content: [{ type: 'text', text: 'Echo: hi' }],
  });
  await expect(callTool(mcp, 'toggle-simulated-logging', {})).rejects.toThrow();
  expect(mcp.logins).toEqual([]);
  expect(rig.log()).not.toContain(secret);
});

it('OAuth keeps working beside static tokens', async () => {
  await start({});
  const mcp = client(sdkV2);
  await mcp.connect();
  expect(await toolNames(mcp)).toContain('echo');
  expect(mcp.logins).toHaveLength(1);
});

it.each([
  ['beside OAuth', {}],
  ['without OAuth', { issuers: [] }],
] as const)('refuses every other token with 401, %s', async (_, change) => {
  await start(change);
  for (const token of [`${secret}x`, secret.slice(1), staticTokens[0]?.hash.slice(7)]) {
    const answer = await fetch(rig.resource, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
  }
});
