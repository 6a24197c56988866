import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';
import { environmentOf, readCompose } from './support/deployment.ts';
import { type Doorman, startDoorman, validations } from './support/doorman.ts';
import { importedRealm, type Username } from './support/realm.ts';

const { keycloak, doorman: service } = readCompose().services;
const composed = environmentOf(service);
const resource = composed.MCP_OAUTH_RESOURCE ?? '';
const publicOrigin = environmentOf(keycloak).KC_HOSTNAME ?? '';
const internalOrigin = new URL(composed.MCP_OAUTH_JWKS_URI ?? '').origin;

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream(emptyResult);
});
afterAll(() => upstream.close());

/** The settings of the compose file, with the places of this run instead of the containers'. */
function settingsHere(): Readonly<Record<string, string>> {
  const { url } = inject('keycloak');
  const here = Object.entries(composed).map(([name, value]) => [
    name,
    value.replace(publicOrigin, url).replace(internalOrigin, url),
  ]);
  return {
    ...Object.fromEntries(here),
    HOST: '127.0.0.1',
    PORT: '0',
    MCP_OAUTH_UPSTREAM: upstream.url,
  };
}

describe('the realm as Keycloak imported it', () => {
  it('is for the resource of the compose file', async () => {
    const { access_token: token } = await importedRealm().grant('reader');
    expect(decodeJwt(token).aud).toEqual(expect.arrayContaining([resource, 'mcp-doorman']));
  });

  it.each(['https://elsewhere.example/callback', 'http://192.0.2.1:3000/callback'])(
    'lets no client register itself for %s',
    async (redirect) => {
      const url = `${importedRealm().issuer}/clients-registrations/openid-connect`;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: [redirect], token_endpoint_auth_method: 'none' }),
      });
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('Trusted Hosts');
    },
  );
});

describe.each(validations)('the settings of the compose file, verifying by %s', (validation) => {
  let doorman: Doorman;
  beforeAll(async () => {
    const env = { ...settingsHere(), MCP_OAUTH_VALIDATION: validation };
    doorman = await startDoorman({ resource, env });
  });
  afterAll(() => doorman.close());

  it.each<readonly [Username, readonly number[]]>([
    ['reader', [200, 403, 403]],
    ['writer', [200, 200, 403]],
    ['admin', [200, 200, 200]],
  ])('let %s do what the roles permit', async (username, expected) => {
    const { access_token: token } = await importedRealm().grant(username);
    const tools = ['echo', 'gzip-file-as-resource', 'get-env'];
    const answers = await Promise.all(tools.map((tool) => doorman.call(token, tool)));
    expect(answers.map(({ status }) => status)).toEqual(expected);
  });
});
