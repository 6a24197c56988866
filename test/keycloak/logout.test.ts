import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';
import { type Doorman, deployedPolicy, openSite, type Site, startAt } from './support/doorman.ts';
import type { Grant, Realm } from './support/realm.ts';
import { waitFor } from './support/waiting.ts';

/** Life of a cached answer that a token is active, and some more for a busy machine. */
const cacheSeconds = 30;
const slackSeconds = 5;

/** As deployed, but that every tool which changes something asks Keycloak at each call. */
const carefulPolicy: string = deployedPolicy.replace(
  'scopes: [mcp:tools:write] }',
  'scopes: [mcp:tools:write], introspect: true }',
);

const endings: readonly (readonly [string, (realm: Realm, grant: Grant) => Promise<unknown>])[] = [
  [
    'the user logs out',
    (realm, { refresh_token: token = '' }) =>
      realm.post('logout', { client_id: 'mcp-public', refresh_token: token }),
  ],
  [
    'the client revokes the token',
    (realm, { access_token: token }) =>
      realm.post('revoke', { client_id: 'mcp-public', token, token_type_hint: 'access_token' }),
  ],
  [
    'an administrator ends the session',
    (realm, { access_token: token }) => realm.admin('DELETE', `/sessions/${decodeJwt(token).sid}`),
  ],
];

let upstream: Upstream;
let site: Site;
let doorman: Doorman;
beforeAll(async () => {
  upstream = await startUpstream(emptyResult);
  site = await openSite();
  doorman = await startAt(site, {
    upstream: upstream.url,
    validation: 'introspection',
    policy: carefulPolicy,
  });
});
afterAll(async () => {
  await doorman.close();
  await site.close();
  await upstream.close();
});

describe.concurrent('under introspection, after', () => {
  it.each(endings)(
    '%s, a token that was in use is refused within its cache life',
    async (_how, end) => {
      const grant = await site.realm.grant('writer');
      const call = async (): Promise<number> => (await doorman.call(grant.access_token)).status;
      expect(await call()).toBe(200);
      await end(site.realm, grant);
      await waitFor(401, call, cacheSeconds + slackSeconds);
    },
  );

  it.each(endings)('%s, a tool marked `introspect` is refused at once', async (_how, end) => {
    const grant = await site.realm.grant('writer');
    const change = (): Promise<Response> =>
      doorman.call(grant.access_token, 'toggle-simulated-logging');
    expect((await change()).status).toBe(200);
    await end(site.realm, grant);
    const refused = await change();
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
    // Having heard so, it forgets what it remembered of that token.
    expect((await doorman.call(grant.access_token)).status).toBe(401);
  });
});
