import { beforeEach, describe, expect, it } from 'vitest';
import { createDiscovery, type Discovery } from '../../src/token/discovery.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { type FakeIssuer, fakeIssuer, testPorts } from '../support/issuer.ts';

const oauthUrl = 'https://idp.example/.well-known/oauth-authorization-server/realms/mcp';
const oidcUrl = 'https://idp.example/realms/mcp/.well-known/openid-configuration';
const insertedUrl = 'https://idp.example/.well-known/openid-configuration/realms/mcp';

let clock: ManualClock;
let idp: FakeIssuer;
let ports: ReturnType<typeof testPorts>;
let discovery: Discovery;

function serve(documents: Record<string, unknown>): void {
  idp.documents.clear();
  for (const [url, document] of Object.entries(documents)) idp.documents.set(url, document);
}

beforeEach(async () => {
  clock = manualClock();
  idp = await fakeIssuer({ clock });
  ports = testPorts(idp.fetch, clock);
  discovery = createDiscovery({ issuer: idp.issuer, url: null, ports });
});

describe('metadata', () => {
  it.each([oauthUrl, oidcUrl, insertedUrl])('is found where only %s exists', async (url) => {
    serve({ [url]: { issuer: idp.issuer, jwks_uri: 'https://idp.example/k' } });
    expect(await discovery.metadata()).toMatchObject({
      ok: true,
      value: { jwksUri: 'https://idp.example/k' },
    });
    expect(idp.requests.toSorted()).toEqual([oauthUrl, oidcUrl, insertedUrl].toSorted());
  });

  it('prefers RFC 8414 where both documents name keys', async () => {
    serve({
      [oidcUrl]: { issuer: idp.issuer, jwks_uri: 'https://idp.example/oidc' },
      [oauthUrl]: { issuer: idp.issuer, jwks_uri: 'https://idp.example/oauth' },
    });
    expect(await discovery.metadata()).toMatchObject({
      value: { jwksUri: 'https://idp.example/oauth' },
    });
  });

  it('takes from the OpenID Connect document what RFC 8414 leaves out', async () => {
    serve({
      [oidcUrl]: { issuer: idp.issuer, jwks_uri: 'https://idp.example/oidc' },
      [oauthUrl]: { issuer: idp.issuer },
    });
    expect(await discovery.metadata()).toMatchObject({
      value: { jwksUri: 'https://idp.example/oidc' },
    });
  });

  it.each([
    'https://idp.example/realms/mcp/',
    'https://IDP.example/realms/mcp',
    'https://idp.example/realms/MCP',
    'http://idp.example/realms/mcp',
    'https://evil.example/realms/mcp',
    'https://idp.example:443/realms/mcp',
    'https://idp.example/realms%2Fmcp',
    ['https://idp.example/realms/mcp'],
    null,
    undefined,
  ])('is not taken from a document whose issuer is %j', async (issuer) => {
    serve({ [oauthUrl]: { issuer, jwks_uri: 'https://evil.example/k' } });
    expect(await discovery.metadata()).toMatchObject({ ok: false });
    expect(ports.log.lines).toMatchObject([
      { level: 'error', event: 'discovery_failed', fields: { expected: idp.issuer } },
    ]);
    const got = typeof issuer === 'string' ? issuer : typeof issuer;
    expect(ports.log.lines[0]?.fields.answers).toContainEqual({
      url: oauthUrl,
      got: `issuer ${got}`,
    });
  });

  it('is taken from the good document when the other is foreign, and says so', async () => {
    serve({
      [oauthUrl]: { issuer: 'https://idp.example', jwks_uri: 'https://evil.example/k' },
      [oidcUrl]: { issuer: idp.issuer, jwks_uri: 'https://idp.example/k' },
    });
    expect(await discovery.metadata()).toMatchObject({
      value: { jwksUri: 'https://idp.example/k' },
    });
    expect(ports.log.lines).toEqual([
      {
        level: 'warn',
        event: 'discovery_document_ignored',
        fields: {
          expected: idp.issuer,
          answers: [{ url: oauthUrl, got: 'issuer https://idp.example' }],
        },
      },
    ]);
  });

  it.each(['http://idp.example/k', 'https://u@idp.example/k', 'https://idp.example/k#f', 7, null])(
    'is refused with jwks_uri %j',
    async (jwks_uri) => {
      serve({ [oidcUrl]: { issuer: idp.issuer, jwks_uri } });
      expect(await discovery.metadata()).toMatchObject({ ok: false });
      expect(ports.log.lines.at(-1)?.fields.answers).toContainEqual({
        url: oidcUrl,
        got: 'no usable jwks_uri or introspection_endpoint',
      });
    },
  );

  it.each(['down', 'error', 'garbage', 'html', 'array', 'oversized', 'redirect'] as const)(
    'fails with one log line per attempt while the issuer suffers from "%s"',
    async (fault) => {
      idp.faults.discovery = fault;
      expect(await discovery.metadata()).toMatchObject({ ok: false });
      expect(ports.log.lines).toMatchObject([{ level: 'error', event: 'discovery_failed' }]);
      idp.faults.discovery = null;
      expect(await discovery.metadata()).toMatchObject({ ok: true });
    },
  );

  it('names the introspection endpoint and how clients may authenticate there', async () => {
    const introspection_endpoint = 'https://idp.example/introspect';
    const methods = ['private_key_jwt', 7, 'client_secret_basic'];
    serve({
      [oauthUrl]: { issuer: idp.issuer, introspection_endpoint },
      [oidcUrl]: {
        issuer: idp.issuer,
        jwks_uri: 'https://idp.example/k',
        introspection_endpoint_auth_methods_supported: methods,
      },
    });
    expect(await discovery.metadata()).toEqual({
      ok: true,
      value: {
        jwksUri: 'https://idp.example/k',
        introspectionEndpoint: introspection_endpoint,
        introspectionAuthMethods: ['private_key_jwt', 'client_secret_basic'],
      },
    });
  });

  it('may have an introspection endpoint and no keys', async () => {
    serve({ [oauthUrl]: { issuer: idp.issuer, introspection_endpoint: 'https://idp.example/i' } });
    expect(await discovery.metadata()).toMatchObject({
      ok: true,
      value: { jwksUri: null, introspectionAuthMethods: null },
    });
  });

  it('loses no endpoint that is named badly or not at all later', async () => {
    await discovery.metadata();
    clock.advance(3_600_000);
    serve({ [oauthUrl]: { issuer: idp.issuer, jwks_uri: 'http://evil.example/k' } });
    expect(await discovery.metadata()).toMatchObject({
      value: { jwksUri: idp.jwksUri, introspectionEndpoint: idp.introspectionUri },
    });
    expect(ports.log.lines).toEqual([
      {
        level: 'warn',
        event: 'discovery_endpoint_ignored',
        fields: { issuer: idp.issuer, name: 'jwks_uri' },
      },
    ]);
  });

  it('is read from the one document that the operator names, whose issuer still counts', async () => {
    const url = 'http://inner.example:8080/metadata';
    const own = createDiscovery({ issuer: idp.issuer, url, ports });
    serve({
      [url]: {
        issuer: idp.issuer,
        jwks_uri: 'http://inner.example:8080/k',
        introspection_endpoint: 'http://other.example:8080/i',
      },
    });
    expect(await own.metadata()).toMatchObject({
      value: { jwksUri: 'http://inner.example:8080/k', introspectionEndpoint: null },
    });
    expect(idp.requests).toEqual([url]);
    const foreign = createDiscovery({ issuer: idp.issuer, url, ports });
    serve({ [url]: { issuer: 'http://inner.example:8080', jwks_uri: 'https://idp.example/k' } });
    expect(await foreign.metadata()).toMatchObject({ ok: false });
  });

  it('passes on how long the issuer asks to stay away', async () => {
    idp.faults.discovery = 'busy';
    expect(await discovery.metadata()).toMatchObject({ ok: false, retryAfterMs: 120_000 });
  });

  it('is fetched once for concurrent callers and again after an hour', async () => {
    await Promise.all([discovery.metadata(), discovery.metadata()]);
    clock.advance(3_600_000 - 1);
    await discovery.metadata();
    expect(idp.requests).toHaveLength(3);
    clock.advance(1);
    await discovery.metadata();
    expect(idp.requests).toHaveLength(6);
  });

  it('ages on the monotonic clock', async () => {
    await discovery.metadata();
    clock.jump(7_200_000);
    await discovery.metadata();
    expect(idp.requests).toHaveLength(3);
  });

  it.each(['html', 'foreign issuer'])('keeps the last good answer on %s', async (fault) => {
    await discovery.metadata();
    clock.advance(3_600_000);
    if (fault === 'html') idp.faults.discovery = 'html';
    else
      serve({ [oauthUrl]: { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/k' } });
    expect(await discovery.metadata()).toMatchObject({ value: { jwksUri: idp.jwksUri } });
    expect(ports.log.lines).toMatchObject([{ level: 'error', event: 'discovery_failed' }]);
  });

  it.each([
    ['html', 30_000],
    ['busy', 120_000],
  ] as const)('is not fetched for every caller once it fails with %s', async (fault, pauseMs) => {
    await discovery.metadata();
    clock.advance(3_600_000);
    idp.faults.discovery = fault;
    for (let i = 0; i < 100; i++) expect(await discovery.metadata()).toMatchObject({ ok: true });
    clock.advance(pauseMs - 1);
    await discovery.metadata();
    expect(idp.requests).toHaveLength(6);
    clock.advance(1);
    await discovery.metadata();
    expect(idp.requests).toHaveLength(9);
  });
});

it('asks the two root documents of an issuer that ends in a slash, and compares the slash', async () => {
  const auth0 = await fakeIssuer({ issuer: 'https://t.auth0.com/', clock });
  const found = createDiscovery({
    issuer: 'https://t.auth0.com/',
    url: null,
    ports: testPorts(auth0.fetch, clock),
  });
  expect(await found.metadata()).toMatchObject({ ok: true });
  expect(auth0.requests).toHaveLength(2);
  const unslashed = createDiscovery({
    issuer: 'https://t.auth0.com',
    url: null,
    ports: testPorts(auth0.fetch, clock),
  });
  expect(await unslashed.metadata()).toMatchObject({ ok: false });
});
