import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Configuration } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Provider, withoutKnownWarnings } from '../../src/cli/demo/quiet-oidc-provider.ts';
import type { IntrospectionClient } from '../../src/core/issuer.ts';
import { systemPorts } from '../../src/core/ports.ts';
import { createVerifier, type Verifier } from '../../src/token/verifier.ts';
import { recordingLog, testResource, trusting } from '../support/issuer.ts';

/** A client id and a secret that only survive HTTP Basic when they are form-encoded first. */
const basic: IntrospectionClient = {
  clientId: 'https://mcp.example/mcp',
  method: 'client_secret_basic',
  secret: 's3cret:& more %41+',
};
const post: IntrospectionClient = { clientId: 'post', method: 'client_secret_post', secret: 'p' };
const machine = { clientId: 'machine', secret: 'm' };

let servers: Server[];
let issuers: { readonly plain: string; readonly signed: string };
let assertion: IntrospectionClient;
const log = recordingLog();
const mediaTypes: (string | null)[] = [];

async function privateJwk(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: alg, alg, use: 'sig' };
}

function configuration(signs: boolean, idpKey: JWK, { d: _, ...clientKey }: JWK): Configuration {
  const own = (client: IntrospectionClient, more = {}) => ({
    client_id: client.clientId,
    client_secret: client.secret,
    token_endpoint_auth_method: client.method,
    grant_types: [],
    redirect_uris: [],
    response_types: [],
    ...more,
  });
  const assertionMembers = { client_secret: undefined, jwks: { keys: [clientKey] } };
  return {
    jwks: { keys: [idpKey] },
    scopes: ['mcp:read'],
    ttl: { ClientCredentials: 600 },
    clients: [
      own(basic),
      own(post),
      own(assertion, assertionMembers),
      own(
        { ...machine, method: 'client_secret_basic' },
        { grant_types: ['client_credentials'], scope: 'mcp:read' },
      ),
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      jwtIntrospection: { enabled: signs },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, indicator) => ({
          audience: indicator,
          scope: 'mcp:read',
          accessTokenFormat: 'opaque',
        }),
      },
    },
  } as Configuration;
}

beforeAll(async () => {
  const key = await privateJwk('ES256');
  assertion = { clientId: 'jwt', method: 'private_key_jwt', secret: JSON.stringify(key) };
  const idpKey = await privateJwk('RS256');
  const start = async (signs: boolean): Promise<string> => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    servers.push(server);
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const settings = configuration(signs, idpKey, key);
    const provider = withoutKnownWarnings(() => new Provider(issuer, settings));
    server.on('request', provider.callback());
    return issuer;
  };
  servers = [];
  issuers = { plain: await start(false), signed: await start(true) };
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function postForm(url: string, form: Record<string, string>): Promise<Response> {
  const headers = { authorization: `Basic ${btoa(`${machine.clientId}:${machine.secret}`)}` };
  return fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) });
}

async function accessToken(issuer: string, resource: string = testResource): Promise<string> {
  const form = { grant_type: 'client_credentials', scope: 'mcp:read', resource };
  const answer = (await (await postForm(`${issuer}/token`, form)).json()) as {
    access_token?: string;
  };
  return answer.access_token ?? '';
}

function verifierFor(issuer: string, client: IntrospectionClient): Verifier {
  const ports = {
    ...systemPorts,
    log,
    async fetch(url: string, init?: RequestInit) {
      const response = await fetch(url, init);
      if (url.endsWith('/introspection')) mediaTypes.push(response.headers.get('content-type'));
      return response;
    },
  };
  return createVerifier({ issuers: [trusting(issuer, { client })], staticTokens: [], ports });
}

describe.each([
  ['plain', 'application/json'],
  ['signed', 'application/token-introspection+jwt'],
] as const)('opaque tokens of oidc-provider, whose answers are %s,', (kind, mediaType) => {
  it.each(['basic', 'post', 'assertion'] as const)(
    'are introspected with the client "%s", until they are revoked',
    async (name) => {
      const issuer = issuers[kind];
      const verifier = verifierFor(issuer, { basic, post, assertion }[name]);
      expect(await verifier.ready()).toBe(true);
      const token = await accessToken(issuer);
      expect(await verifier.verify(token)).toMatchObject({
        issuer,
        clientId: machine.clientId,
        scopes: new Set(['mcp:read']),
      });
      await postForm(`${issuer}/token/revocation`, { token });
      await expect(verifier.recheck(token)).rejects.toMatchObject({ code: 'token_inactive' });
      expect(mediaTypes.at(-1)).toContain(mediaType);
    },
  );

  it('are refused when they are for another resource', async () => {
    const issuer = issuers[kind];
    const token = await accessToken(issuer, 'https://other.example/mcp');
    await expect(verifierFor(issuer, basic).verify(token)).rejects.toMatchObject({
      code: 'audience_mismatch',
    });
  });

  it('are undecided where our own client is refused', async () => {
    const issuer = issuers[kind];
    const verifier = verifierFor(issuer, { ...basic, secret: 'wrong' });
    await expect(verifier.verify(await accessToken(issuer))).rejects.toMatchObject({
      code: 'issuer_unavailable',
    });
    expect(await verifier.ready()).toBe(false);
    expect(log.lines.at(-1)).toMatchObject({ event: 'introspection_client_refused' });
  });
});
