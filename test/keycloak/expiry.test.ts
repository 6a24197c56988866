import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EverythingServer, startEverything } from '../support/everything.ts';
import { type Doorman, openSite, type Site, startAt } from './support/doorman.ts';
import { sdks } from './support/mcp-client.ts';

/** Keycloak's tokens of this realm live for 300 s. */
const laterMs = 600_000;

let everything: EverythingServer;
let site: Site;
let doorman: Doorman;
beforeAll(async () => {
  everything = await startEverything();
  site = await openSite();
  doorman = await startAt(site, { upstream: everything.url });
});
afterAll(async () => {
  vi.useRealTimers();
  await doorman.close();
  await site.close();
  await everything.close();
});

describe.each(sdks)('an expired token with %s', (_name, createClient) => {
  it('costs one refresh, and no login', async () => {
    const refusals: string[] = [];
    const client = createClient({
      url: doorman.resource,
      username: 'reader',
      async fetch(url, init) {
        const response = await fetch(url, init);
        if (response.status === 401) {
          refusals.push(response.headers.get('www-authenticate') ?? '');
          // Keycloak's clock never moved: what it grants now must not be expired here as well.
          vi.useRealTimers();
        }
        return response;
      },
    });
    await client.call('echo', { message: 'x' });
    const [first] = client.grants;
    refusals.length = 0;

    vi.useFakeTimers({ now: Date.now() + laterMs, toFake: ['Date'] });
    expect(await client.call('echo', { message: 'later' })).toBe('Echo: later');

    expect(refusals).toEqual([expect.stringContaining('error="invalid_token"')]);
    expect(client.logins).toHaveLength(1);
    expect(client.grants).toHaveLength(2);
    expect(client.grants[1]?.access_token).not.toBe(first?.access_token);
    expect(doorman.log()).toContain('token_expired');
    await client.close();
  });
});
