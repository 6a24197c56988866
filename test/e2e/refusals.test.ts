import { createHmac, createPublicKey } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import {
  challenge,
  type ExpectedChallenge,
  expectNoToken,
  rpcError,
} from '../support/expectations.ts';
import {
  firstScope,
  fullScope,
  type GatewayRig,
  mintToken,
  scopes,
  startGatewayRig,
} from '../support/gateway-rig.ts';
import { type CreateSdkClient, callTool } from '../support/sdk-client.ts';
import { sdkV1 } from '../support/sdk-v1.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { traceFetch } from '../support/traced-fetch.ts';
import { relayTo, startUpstream, type Upstream } from '../support/upstream.ts';

let everything: EverythingServer;
let upstream: Upstream;
let rig: GatewayRig;
let stranger: Idp;

beforeAll(async () => {
  everything = await startEverything();
  upstream = await startUpstream(relayTo(everything.url));
  rig = await startGatewayRig({ upstream: upstream.url });
  stranger = await startIdp({ resource: rig.resource, scopes, autoLogin: 'mallory' });
});
afterAll(async () => {
  await stranger?.close();
  await rig?.close();
  await upstream?.close();
  await everything?.close();
});

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function flipBit(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  const signature = Buffer.from(token.slice(at), 'base64url');
  signature[0] = (signature[0] ?? 0) ^ 1;
  return token.slice(0, at) + signature.toString('base64url');
}

async function withPayload(change: object): Promise<string> {
  const token = await rig.mint({ scope: firstScope });
  const [head = '', , signature = ''] = token.split('.');
  return `${head}.${encode({ ...decodeJwt(token), ...change })}.${signature}`;
}

async function unsigned(alg: string, signature = ''): Promise<string> {
  const claims = encode(decodeJwt(await rig.mint()));
  return `${encode({ alg, typ: 'at+jwt' })}.${claims}.${signature}`;
}

/** The classic confusion: the public key as an HMAC secret. */
async function hmacByPublicKey(): Promise<string> {
  const { kid, kty, n, e } = rig.idp.signingKey;
  const key = createPublicKey({ key: { kty: `${kty}`, n: `${n}`, e: `${e}` }, format: 'jwk' });
  const input = `${encode({ alg: 'HS256', kid, typ: 'at+jwt' })}.${encode(decodeJwt(await rig.mint()))}`;
  const pem = key.export({ type: 'spki', format: 'pem' });
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
}

const past = Math.floor(Date.now() / 1000) - 7200;

interface Case {
  readonly title: string;
  readonly authorization: () => string | Promise<string>;
  readonly status: number;
  readonly challenge: ExpectedChallenge;
  readonly message: string;
}

function invalidToken(
  title: string,
  description: string,
  token: () => string | Promise<string>,
  scope?: string,
): Case {
  return {
    title,
    authorization: async () => `Bearer ${await token()}`,
    status: 401,
    challenge: { error: 'invalid_token', description, ...(scope !== undefined && { scope }) },
    message: description,
  };
}

const unverified = 'The access token could not be verified.';
const untrusted = 'The access token was not issued by a trusted issuer.';
const elsewhere = 'The access token was not issued for this resource.';
const otherKind = 'The token is not an access token.';
const incomplete = 'The access token lacks a required claim.';
const malformed = 'The access token is not well-formed.';
const missing = 'Authentication required: send an access token.';

const cases: readonly Case[] = [
  invalidToken('for another resource', elsewhere, () =>
    rig.mint({ aud: 'https://elsewhere.example/mcp' }),
  ),
  invalidToken('for a resource that begins like this one', elsewhere, () =>
    rig.mint({ aud: `${rig.resource}/v2` }),
  ),
  invalidToken('of another IdP, for this resource', untrusted, () =>
    mintToken(stranger, { aud: rig.resource }),
  ),
  invalidToken('that names another issuer under the right key', untrusted, () =>
    rig.mint({ iss: `${rig.idp.issuer}/` }),
  ),
  invalidToken('of another IdP that claims to be ours', unverified, () =>
    mintToken(stranger, { iss: rig.idp.issuer, aud: rig.resource }),
  ),
  invalidToken("of another IdP that claims to be ours, under our key's name", unverified, () =>
    mintToken(
      stranger,
      { iss: rig.idp.issuer, aud: rig.resource },
      { kid: `${rig.idp.signingKey.kid}` },
    ),
  ),
  invalidToken(
    'that has expired',
    'The access token has expired.',
    () => rig.mint({ iat: past, exp: past + 3600 }),
    fullScope,
  ),
  invalidToken('that is not valid yet', 'The access token is not valid yet.', () =>
    rig.mint({ nbf: past + 3 * 3600, exp: past + 4 * 3600 }),
  ),
  invalidToken('without expiry', incomplete, () => rig.mint({ exp: undefined })),
  invalidToken('with a scope written into it', unverified, () => withPayload({ scope: fullScope })),
  invalidToken('with one bit of its signature flipped', unverified, async () =>
    flipBit(await rig.mint()),
  ),
  invalidToken('of algorithm none', malformed, () => unsigned('none')),
  invalidToken('of algorithm none that has a signature all the same', unverified, () =>
    unsigned('none', 'c2lnbmF0dXJl'),
  ),
  invalidToken('of algorithm nOnE', malformed, () => unsigned('nOnE')),
  invalidToken('signed with the public key as a secret', unverified, hmacByPublicKey),
  invalidToken('that is an ID token', otherKind, () =>
    rig.mint({ nonce: 'n', at_hash: 'h' }, { typ: 'JWT' }),
  ),
  invalidToken('that is a logout token', otherKind, () => rig.mint({}, { typ: 'logout+jwt' })),
  invalidToken(
    'that is bound to a key',
    'The access token must be bound to a key, and sent with a proof.',
    () => rig.mint({ cnf: { jkt: 'thumbprint' } }),
  ),
  invalidToken('that is no JWT', malformed, () => 'an-opaque-token-that-nobody-knows'),
  {
    title: 'that is not there',
    authorization: () => '',
    status: 401,
    challenge: {},
    message: missing,
  },
  {
    title: 'of another scheme',
    authorization: async () => `Token ${await rig.mint()}`,
    status: 401,
    challenge: {},
    message: missing,
  },
  {
    title: 'with something behind it',
    authorization: async () => `Bearer ${await rig.mint()} twice`,
    status: 400,
    challenge: {
      error: 'invalid_request',
      description: 'The Authorization header is malformed.',
    },
    message: 'The Authorization header is malformed.',
  },
];

interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

async function fetched(method: string, authorization: string): Promise<Refusal> {
  const response = await fetch(rig.resource, {
    method,
    headers: { accept: 'text/event-stream', ...(authorization !== '' && { authorization }) },
  });
  const { status, headers } = response;
  return { status, headers, body: await response.text() };
}

async function connected(create: CreateSdkClient, authorization: string): Promise<Refusal> {
  const trace = traceFetch();
  const client = create({ url: rig.resource, fetch: trace.fetch, authorization });
  await expect(client.connect()).rejects.toThrow();
  await client.close();
  expect(trace.exchanges.map(({ rpc }) => rpc)).toContain('initialize');
  return trace.refusal();
}

const ways: readonly (readonly [string, (authorization: string) => Promise<Refusal>])[] = [
  ['SDK v1', (authorization) => connected(sdkV1, authorization)],
  ['SDK v2', (authorization) => connected(sdkV2, authorization)],
  ['the GET of a stream', (authorization) => fetched('GET', authorization)],
  ['the DELETE of a session', (authorization) => fetched('DELETE', authorization)],
];

describe.each(ways)('%s', (_way, send) => {
  it.each(cases)('is refused with a token $title', async (expected) => {
    const authorization = await expected.authorization();
    const before = upstream.arrivals.length;
    const { status, headers, body } = await send(authorization);
    expect(status).toBe(expected.status);
    expect(headers.get('www-authenticate')).toBe(challenge(rig.resource, expected.challenge));
    expect(body).toBe(rpcError(null, expected.status, expected.message));
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(upstream.arrivals).toHaveLength(before);
    expectNoToken([...headers].join() + body, authorization);
    expectNoToken(rig.log(), authorization);
  });
});

const sdks = [
  ['SDK v1', sdkV1],
  ['SDK v2', sdkV2],
] as const;

describe.each(sdks)('%s with a good token that lacks a scope', (_name, create) => {
  const needs = 'The access token lacks a permission that this operation needs.';

  it.each([
    {
      title: 'every scope',
      scope: 'openid email',
      method: 'initialize',
      id: 0,
      needed: 'mcp:access',
    },
    {
      title: 'the scope of a tool',
      scope: firstScope,
      method: 'tools/call',
      id: 1,
      needed: fullScope,
    },
  ])('is told all that it needs when it lacks $title', async ({ scope, method, id, needed }) => {
    // A user of their own: another token of the same one would be taken for a refused step-up.
    const token = await rig.mint({ scope, sub: crypto.randomUUID() });
    const trace = traceFetch();
    const client = create({
      url: rig.resource,
      fetch: trace.fetch,
      authorization: `Bearer ${token}`,
    });
    const call = client.connect().then(() => callTool(client, 'toggle-simulated-logging'));
    await expect(call).rejects.toThrow();
    await client.close();
    const { rpc, status, headers, body } = trace.refusal();
    expect([rpc, status]).toEqual([method, 403]);
    expect(headers.get('www-authenticate')).toBe(
      challenge(rig.resource, {
        error: 'insufficient_scope',
        scope: needed,
        description: needs,
      }),
    );
    expect(body).toBe(rpcError(id, 403, `${needs} Needed: ${needed}.`));
    const reached = upstream.arrivals.filter((arrival) => arrival.body.includes('simulated'));
    expect(reached).toEqual([]);
    expectNoToken(rig.log() + body, token);
  });
});
