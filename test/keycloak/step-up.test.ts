import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import { type Doorman, openSite, type Site, startBeside } from './support/doorman.ts';
import { sdks } from './support/mcp-client.ts';
import { allScopes } from './support/realm.ts';

const refusedCalls = 3;

let everything: EverythingServer;
let site: Site;
let doorman: Doorman;
beforeAll(async () => {
  everything = await startEverything();
  site = await openSite();
});
// It remembers what Keycloak refused, so each test has one of its own.
beforeEach(async () => {
  doorman = await startBeside(site, { upstream: everything.url });
});
afterEach(() => doorman?.close());
afterAll(async () => {
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
  ])('gets no more from Keycloak by asking again, %s, and is told so', async (_how, scope) => {
    const first = await site.realm.grant('reader');
    const challenged = await doorman.call(first.access_token, 'toggle-simulated-logging');
    expect(challenged.headers.get('www-authenticate')).toContain('insufficient_scope');
    const again = await site.realm.grant('reader', scope);
    expect(again.scope).not.toContain('mcp:tools:write');
    const response = await doorman.call(again.access_token, 'toggle-simulated-logging');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([403, null]);
    expect(await response.text()).toContain('The identity provider did not grant');
  });

  describe.each(sdks)('with %s', (_name, createClient) => {
    it('logs in once more at most, is told so, and stays logged in without another login', async () => {
      const client = createClient({ url: doorman.resource, username: 'reader' });
      await client.call('echo', { message: 'x' });
      expect(client.logins).toHaveLength(1);
      const refused = () => client.call('toggle-simulated-logging');
      await expect(refused()).rejects.toThrow();
      // SDK v1 refreshes its token instead, which is no answer to a step-up, and gives up.
      const { length } = client.logins;
      expect(length).toBeLessThanOrEqual(2);
      for (let call = 2; call <= refusedCalls; call += 1) {
        await expect(refused()).rejects.toThrow('did not grant');
        expect(client.logins).toHaveLength(length);
      }
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
