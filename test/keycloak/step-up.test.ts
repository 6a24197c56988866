import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import { type Doorman, openSite, type Site, startAt } from './support/doorman.ts';
import { sdks } from './support/mcp-client.ts';
import { allScopes } from './support/realm.ts';

const refusedCalls = 3;

let everything: EverythingServer;
let site: Site;
let doorman: Doorman;
beforeAll(async () => {
  everything = await startEverything();
  site = await openSite();
  doorman = await startAt(site, { upstream: everything.url });
});
afterAll(async () => {
  await doorman.close();
  await site.close();
  await everything.close();
});

describe('a reader who asks for what only a writer may do', () => {
  it('is refused with every scope the call needs, and with those held', async () => {
    const { access_token: token, scope } = await site.realm.grant('reader');
    expect(scope.split(' ')).toContain('mcp:tools:read');
    const response = await doorman.call(token, 'toggle-simulated-logging');
    expect(response.status).toBe(403);
    const challenge = response.headers.get('www-authenticate') ?? '';
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toContain('scope="mcp:tools:read mcp:tools:write"');
  });

  it.each([
    ['with all scopes asked for', `openid ${allScopes}`],
    ['with the scopes of the challenge asked for', 'mcp:tools:read mcp:tools:write'],
  ])('gets no more from Keycloak by asking again, %s', async (_how, scope) => {
    const again = await site.realm.grant('reader', scope);
    expect(again.scope).not.toContain('mcp:tools:write');
    const response = await doorman.call(again.access_token, 'toggle-simulated-logging');
    expect(response.status).toBe(403);
  });

  describe.each(sdks)('with %s', (_name, createClient) => {
    it('is told so, and stays logged in without a loop of logins', async () => {
      const client = createClient({ url: doorman.resource, username: 'reader' });
      await client.call('echo', { message: 'x' });
      expect(client.logins).toHaveLength(1);
      for (let call = 1; call <= refusedCalls; call += 1) {
        await expect(client.call('toggle-simulated-logging')).rejects.toThrow();
      }
      // SDK v2 tries each call anew: one login by its user, and one more request that it gives up.
      expect(client.grants.length).toBeLessThanOrEqual(1 + refusedCalls);
      expect(client.logins.length).toBeLessThanOrEqual(1 + 2 * refusedCalls);
      expect(await client.call('echo', { message: 'still in' })).toBe('Echo: still in');
      await client.close();
    });
  });
});

describe('a writer', () => {
  it('does what the reader may not, and is refused what only the administrator may', async () => {
    const { access_token: token } = await site.realm.grant('writer');
    const written = await doorman.call(token, 'toggle-simulated-logging');
    expect(written.status).not.toBe(403);
    const denied = await doorman.call(token, 'get-env');
    expect(denied.status).toBe(403);
    expect(denied.headers.get('www-authenticate')).toContain(`scope="${allScopes}"`);
  });
});
