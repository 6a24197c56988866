import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { asByteSequence, clientCertificate } from '../support/client-certificate.ts';
import { type GatewayRig, startGatewayRig } from '../support/gateway-rig.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const handedOver = asByteSequence(clientCertificate.pem);

let upstream: Upstream;
let rig: GatewayRig;

beforeAll(async () => {
  upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"jsonrpc":"2.0","id":1,"result":{}}');
  });
});
afterEach(() => rig?.close());
afterAll(() => upstream?.close());

async function send(trustedProxies: string, headers: Record<string, string>): Promise<number> {
  rig = await startGatewayRig({
    upstream: upstream.url,
    env: {
      MCP_OAUTH_CLIENT_CERTIFICATE_HEADER: 'Client-Cert',
      MCP_OAUTH_TRUSTED_PROXIES: trustedProxies,
    },
  });
  const token = await rig.mint({ cnf: { 'x5t#S256': clientCertificate.thumbprint } });
  const answer = await fetch(rig.resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...headers,
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  });
  return answer.status;
}

it('accepts a certificate-bound token with the certificate from a trusted proxy', async () => {
  expect(await send('127.0.0.0/8', { 'client-cert': handedOver })).toBe(200);
  expect(JSON.stringify(upstream.last())).not.toContain(handedOver.slice(1, 40));
});

it.each([
  ['no certificate', '127.0.0.0/8', {}],
  ['another certificate', '127.0.0.0/8', { 'client-cert': handedOver.replace('MIIBij', 'MIIBik') }],
  ['a peer that is no trusted proxy', '10.0.0.0/8', { 'client-cert': handedOver }],
  [
    'a peer that claims to be one',
    '10.0.0.0/8',
    { 'client-cert': handedOver, 'x-forwarded-for': '10.0.0.1', 'x-real-ip': '10.0.0.1' },
  ],
])('refuses it with %s', async (_, trustedProxies, headers) => {
  expect(await send(trustedProxies, headers)).toBe(401);
});
