import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';
import {
  type Doorman,
  openSite,
  type Site,
  startBeside,
  type ValidationMode,
} from './support/doorman.ts';
import { type Relay, startRelay } from './support/relay.ts';
import { signingKeys } from './support/signing-keys.ts';
import { waitFor } from './support/waiting.ts';

/** Longest pause between attempts to reach Keycloak, and some more for a busy machine. */
const recoverySeconds = 40;

let upstream: Upstream;
let site: Site;
/** Keycloak as the gateway sees it; clients and administrators go there directly. */
let relay: Relay;
beforeAll(async () => {
  upstream = await startUpstream(emptyResult);
  site = await openSite();
  relay = await startRelay(inject('keycloak').url);
});
afterAll(async () => {
  await relay.close();
  await site.close();
  await upstream.close();
});

function startRelayed(validation: ValidationMode): Promise<Doorman> {
  const protocol = `${relay.origin}/realms/${site.realm.name}/protocol/openid-connect`;
  const env = {
    MCP_OAUTH_JWKS_URI: `${protocol}/certs`,
    ...(validation === 'introspection' && {
      MCP_OAUTH_INTROSPECTION_URI: `${protocol}/token/introspect`,
    }),
  };
  return startBeside(site, { upstream: upstream.url, validation, env });
}

async function ready({ resource }: Doorman): Promise<number> {
  return (await fetch(new URL('/readyz', resource))).status;
}

async function expectUnavailable(response: Response): Promise<void> {
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(response.headers.get('www-authenticate')).toBeNull();
  expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: expect.anything() });
}

describe('Keycloak cannot be reached, signatures are verified here', () => {
  let doorman: Doorman;
  beforeAll(async () => {
    doorman = await startRelayed('jwt');
  });
  afterAll(() => doorman.close());

  it('answers 503 and not ready before the first keys are there, and then recovers', async () => {
    relay.cut();
    const { access_token: token } = await site.realm.grant('reader');
    await expectUnavailable(await doorman.call(token));
    expect(await ready(doorman)).toBe(503);
    const metadata = new URL('/.well-known/oauth-protected-resource/mcp', doorman.resource);
    expect((await fetch(metadata)).status).toBe(200);

    relay.restore();
    const call = async (): Promise<number> => (await doorman.call(token)).status;
    await waitFor(200, call, recoverySeconds);
    expect(await ready(doorman)).toBe(200);
  });

  it('goes on with the keys it has, and calls a token of a new key no bad token', async () => {
    const known = (await site.realm.grant('reader')).access_token;
    expect((await doorman.call(known)).status).toBe(200);
    relay.cut();
    const another = (await site.realm.grant('writer')).access_token;
    expect((await doorman.call(known)).status).toBe(200);
    expect((await doorman.call(another)).status).toBe(200);

    await (await signingKeys(site.realm)).add();
    const fresh = (await site.realm.grant('reader')).access_token;
    await expectUnavailable(await doorman.call(fresh));

    relay.restore();
    const call = async (): Promise<number> => (await doorman.call(fresh)).status;
    await waitFor(200, call, recoverySeconds);
  });
});

describe('Keycloak cannot be reached, every token is asked about', () => {
  let doorman: Doorman;
  beforeAll(async () => {
    doorman = await startRelayed('introspection');
  });
  afterAll(() => doorman.close());

  it('answers 503 to a token it has not seen, and recovers', async () => {
    const seen = (await site.realm.grant('reader')).access_token;
    expect((await doorman.call(seen)).status).toBe(200);
    relay.cut();
    const unseen = (await site.realm.grant('reader')).access_token;
    await expectUnavailable(await doorman.call(unseen));

    relay.restore();
    const call = async (): Promise<number> => (await doorman.call(unseen)).status;
    await waitFor(200, call, recoverySeconds);
  });
});

describe('Keycloak does not accept our own credentials', () => {
  it('answers 503, never that the token is bad', async () => {
    const doorman = await startBeside(site, {
      upstream: upstream.url,
      validation: 'introspection',
      env: { MCP_OAUTH_CLIENT_SECRET: 'not-the-secret' },
    });
    try {
      const { access_token: token } = await site.realm.grant('reader');
      await expectUnavailable(await doorman.call(token));
      expect(await ready(doorman)).toBe(503);
      expect(doorman.log()).not.toContain('not-the-secret');
    } finally {
      await doorman.close();
    }
  });
});
