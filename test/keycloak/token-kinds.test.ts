import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';
import { type Doorman, openSite, type Site, startBeside, validations } from './support/doorman.ts';
import { type Grant, importedRealm, type Realm } from './support/realm.ts';

let upstream: Upstream;
let site: Site;
beforeAll(async () => {
  upstream = await startUpstream(emptyResult);
  site = await openSite();
});
afterAll(async () => {
  await site.close();
  await upstream.close();
});

/** Whether a client's access tokens leave out what introspection can tell. */
async function makeLightweight(realm: Realm, clientId: string, on: boolean): Promise<void> {
  const found = await realm.admin('GET', `/clients?clientId=${clientId}`);
  const [client] = (await found.json()) as { id: string; attributes: object }[];
  const attributes = {
    ...client?.attributes,
    'client.use.lightweight.access.token.enabled': `${on}`,
  };
  await realm.admin('PUT', `/clients/${client?.id}`, { ...client, attributes });
}

describe.each(validations)('tokens of Keycloak, verified by %s', (validation) => {
  let doorman: Doorman;
  let user: Grant;
  beforeAll(async () => {
    doorman = await startBeside(site, { upstream: upstream.url, validation });
    user = await site.realm.grant('reader', 'openid mcp:tools:read offline_access');
  });
  afterAll(() => doorman.close());

  async function expectRefused(token: string): Promise<void> {
    const before = upstream.arrivals.length;
    const response = await doorman.call(token);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(upstream.arrivals).toHaveLength(before);
  }

  async function expectAccepted(token: string): Promise<void> {
    const before = upstream.arrivals.length;
    expect((await doorman.call(token)).status).toBe(200);
    expect(upstream.arrivals).toHaveLength(before + 1);
  }

  it('accepts an access token', async () => {
    expect(decodeJwt(user.access_token)).toMatchObject({ typ: 'Bearer' });
    await expectAccepted(user.access_token);
  });

  it('accepts the access token of a service account within its role', async () => {
    const service = await site.realm.token(
      {
        grant_type: 'client_credentials',
        client_id: 'mcp-service',
        scope: 'mcp:tools:read mcp:tools:write',
      },
      'mcp-service-secret',
    );
    expect(service.scope.split(' ')).not.toContain('mcp:tools:write');
    await expectAccepted(service.access_token);
    expect((await doorman.call(service.access_token, 'toggle-x')).status).toBe(403);
  });

  it('refuses an ID token, though the same key signed it', async () => {
    const token = user.id_token ?? '';
    expect(decodeJwt(token)).toMatchObject({ typ: 'ID' });
    expect(decodeProtectedHeader(token).kid).toBe(decodeProtectedHeader(user.access_token).kid);
    await expectRefused(token);
  });

  it('refuses an offline token', async () => {
    const token = user.refresh_token ?? '';
    expect(decodeJwt(token)).toMatchObject({ typ: 'Offline' });
    await expectRefused(token);
  });

  it('refuses a refresh token', async () => {
    const { refresh_token: token = '' } = await site.realm.grant('reader');
    expect(decodeJwt(token)).toMatchObject({ typ: 'Refresh' });
    await expectRefused(token);
  });

  it('refuses a token without the scope that brings the audience', async () => {
    const { access_token: token } = await site.realm.grant('reader', 'openid');
    expect(decodeJwt(token).aud).toBeUndefined();
    await expectRefused(token);
  });

  it('refuses a token of another realm of the same Keycloak', async () => {
    await expectRefused((await importedRealm().grant('reader')).access_token);
  });

  it('refuses a token that was tampered with', async () => {
    const [header = '', payload = '', signature = ''] = user.access_token.split('.');
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, scope: 'mcp:admin' }));
    await expectRefused(`${header}.${forged.toString('base64url')}.${signature}`);
  });

  it(`${validation === 'jwt' ? 'refuses' : 'accepts'} a lightweight token, which names no user`, async () => {
    await makeLightweight(site.realm, 'mcp-public', true);
    const { access_token: token } = await site.realm.grant('reader', 'mcp:tools:read');
    await makeLightweight(site.realm, 'mcp-public', false);
    expect(decodeJwt(token).sub).toBeUndefined();
    await (validation === 'jwt' ? expectRefused(token) : expectAccepted(token));
  });

  it('writes no token into its log', () => {
    for (const token of [user.access_token, user.id_token ?? '', user.refresh_token ?? '']) {
      for (const part of token.split('.').slice(1)) expect(doorman.log()).not.toContain(part);
    }
  });
});
