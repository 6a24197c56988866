import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import { challenge, expectNoToken, rpcError } from '../support/expectations.ts';
import { firstScope, fullScope, type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { callTool, type SdkClient, toolNames } from '../support/sdk-client.ts';
import { sdkV1 } from '../support/sdk-v1.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { type TracedFetch, traceFetch } from '../support/traced-fetch.ts';
import { relayTo, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

let everything: EverythingServer;
let upstream: Upstream;
let rig: GatewayRig;

beforeAll(async () => {
  everything = await startEverything();
  upstream = await startUpstream(relayTo(everything.url));
  rig = await startGatewayRig({ upstream: upstream.url });
});
afterAll(async () => {
  await rig?.close();
  await upstream?.close();
  await everything?.close();
});

const clients = [
  ['SDK v1', sdkV1],
  ['SDK v2', sdkV2],
] as const;

describe.each(clients)('%s, through oidc-provider to server-everything', (_name, create) => {
  let trace: TracedFetch;
  const open: SdkClient[] = [];

  afterEach(async () => {
    for (const client of open.splice(0)) await client.close();
  });

  function client(options: { refresh: boolean }): SdkClient {
    trace = traceFetch();
    const made = create({ url: rig.resource, fetch: trace.fetch, ...options });
    open.push(made);
    return made;
  }

  /** What went over the wire since the last call, but for the stream that opens when it likes. */
  function steps(): readonly string[] {
    const names = { [new URL(rig.resource).origin]: '', [rig.idp.issuer]: 'idp' };
    return trace.steps(names).filter((step) => step !== 'GET /mcp 200');
  }

  function token(mcp: SdkClient): string {
    return mcp.tokens()?.access_token ?? '';
  }

  const sum = { a: 2, b: 3 };
  const five = [{ type: 'text', text: 'The sum of 2 and 3 is 5.' }];

  it('is refused, discovers the IdP, logs in with PKCE, lists and calls', async () => {
    const mcp = client({ refresh: false });
    const before = upstream.arrivals.length;
    await mcp.connect();
    expect(steps()).toEqual([
      'POST /mcp initialize 401',
      'GET /.well-known/oauth-protected-resource/mcp 200',
      'GET idp/.well-known/oauth-authorization-server 200',
      'POST idp/reg 201',
      'POST idp/token 200',
      'POST /mcp initialize 200',
      'POST /mcp notifications/initialized 202',
    ]);
    expect(trace.refusal().headers.get('www-authenticate')).toBe(challenge(rig.resource));
    expect(trace.refusal().body).toBe(
      rpcError(null, 401, 'Authentication required: send an access token.'),
    );
    expect(Object.fromEntries(mcp.logins[0]?.searchParams ?? [])).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      resource: rig.resource,
      scope: firstScope,
    });
    // The refused request never got there: initialize is the first that did.
    expect(upstream.arrivals[before]?.body).toContain('"method":"initialize"');

    const seen = await toolNames(mcp);
    expect(seen).toHaveLength(8);
    expect(seen.filter((name) => name !== 'echo' && !name.startsWith('get-'))).toEqual([]);
    expect((await callTool(mcp, 'get-sum', sum)).content).toEqual(five);
    expect(steps()).toEqual(['POST /mcp tools/list 200', 'POST /mcp tools/call 200']);
    expect(mcp.logins).toHaveLength(1);
    expectNoToken(rig.log(), token(mcp));
    for (const { rawHeaders } of upstream.arrivals) expectNoToken(rawHeaders.join(), token(mcp));
  });

  it('is refused a stronger tool, steps up once, calls it, and keeps what it had', async () => {
    const mcp = client({ refresh: false });
    await mcp.connect();
    await callTool(mcp, 'get-sum', sum);
    const session = mcp.sessionId();
    const narrow = token(mcp);
    expect(mcp.tokens()?.scope).toBe(firstScope);
    steps();

    const { content } = await callTool(mcp, 'toggle-subscriber-updates');
    expect(content).toMatchObject([{ text: expect.stringMatching(/^Started simulated/) }]);
    expect(steps()).toEqual([
      'POST /mcp tools/call 403',
      'POST idp/token 200',
      'POST /mcp tools/call 200',
    ]);
    const message = 'The access token lacks a permission that this operation needs.';
    const { headers, body } = trace.refusal();
    expect(headers.get('www-authenticate')).toBe(
      challenge(rig.resource, {
        error: 'insufficient_scope',
        scope: fullScope,
        description: message,
      }),
    );
    const { id } = JSON.parse(body) as { id: number };
    expect(id).toBeTypeOf('number');
    expect(body).toBe(rpcError(id, 403, `${message} Needed: ${fullScope}.`));
    const calls = upstream.arrivals.filter(
      ({ body, headers }) =>
        headers['mcp-session-id'] === session && body.includes('toggle-subscriber-updates'),
    );
    expect(calls).toHaveLength(1);

    expect(mcp.logins[1]?.searchParams.get('scope')).toBe(fullScope);
    expect(mcp.tokens()?.scope).toBe(fullScope);
    expect((await callTool(mcp, 'get-sum', sum)).content).toEqual(five);
    await callTool(mcp, 'toggle-subscriber-updates');
    expect(mcp.logins).toHaveLength(2);
    expect(mcp.sessionId()).toBe(session);
    for (const secret of [narrow, token(mcp)]) expectNoToken(rig.log(), secret);
  });

  it('refreshes a token that has expired, without its user', async () => {
    const mcp = client({ refresh: true });
    await mcp.connect();
    const old = token(mcp);
    // Two requests that are refused at once would spend the same refresh token twice.
    const streaming = { method: 'GET', url: rig.resource, status: 200 };
    await vi.waitFor(
      () => expect(trace.exchanges).toContainEqual(expect.objectContaining(streaming)),
      waiting,
    );
    steps();
    const now = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 15 * 60 * 1000);

    expect((await callTool(mcp, 'get-sum', sum)).content).toEqual(five);
    // SDK v1 looks the endpoints up again before it refreshes.
    const posts = steps().filter((step) => step.startsWith('POST'));
    expect(posts).toEqual([
      'POST /mcp tools/call 401',
      'POST idp/token 200',
      'POST /mcp tools/call 200',
    ]);
    const message = 'The access token has expired.';
    const { headers, body } = trace.refusal();
    expect(headers.get('www-authenticate')).toBe(
      challenge(rig.resource, { error: 'invalid_token', description: message }),
    );
    expect(body).toBe(rpcError(null, 401, message));
    expect(token(mcp)).not.toBe(old);
    expect(mcp.tokens()?.scope).toBe(firstScope);
    expect(mcp.logins).toHaveLength(1);
    for (const secret of [old, token(mcp)]) expectNoToken(rig.log(), secret);
  });
});
