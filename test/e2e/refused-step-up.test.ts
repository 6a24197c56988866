import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SampleServer, startSampleServer } from '../../src/cli/demo/sample-server.ts';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { callTool } from '../support/sdk-client.ts';
import { sdkV1 } from '../support/sdk-v1.ts';
import { sdkV2 } from '../support/sdk-v2.ts';

const notGranted =
  /The identity provider did not grant a permission that this operation needs\. Asking again will not help now\./;

let sample: SampleServer;
let rig: GatewayRig;

beforeAll(async () => {
  sample = await startSampleServer();
});
beforeEach(async () => {
  // Whoever asks it for mcp:admin gets the rest.
  rig = await startGatewayRig({
    upstream: sample.url,
    grants: ['mcp:access', 'mcp:tools:read'],
  });
});
afterEach(() => rig?.close());
afterAll(() => sample?.close());

describe.each([
  ['SDK v1', sdkV1, {}],
  ['SDK v2', sdkV2, {}],
  ['SDK v2 and 2026-07-28', sdkV2, { pin: '2026-07-28' }],
] as const)('a user without a permission, with %s', (_name, create, more) => {
  it('is sent to log in once more, is told why, and never again for ten minutes', async () => {
    const client = create({ url: rig.resource, fetch, ...more });
    await client.connect();
    expect(client.logins).toHaveLength(1);
    for (let time = 1; time <= 4; time++) {
      await expect(callTool(client, 'notes_purge')).rejects.toThrow(notGranted);
      expect(client.logins).toHaveLength(2);
    }
    const { content } = await callTool(client, 'notes_list');
    expect(JSON.stringify(content)).toContain('#1');
    await client.close();
  });
});
