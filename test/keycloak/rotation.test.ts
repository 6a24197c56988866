import { setTimeout as delay } from 'node:timers/promises';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';
import { type Doorman, openSite, type Site, startAt, startBeside } from './support/doorman.ts';
import { type SigningKeys, signingKeys } from './support/signing-keys.ts';
import { startTraffic } from './support/traffic.ts';

const perSecond = 200;
const stretchMs = 2_500;

let upstream: Upstream;
let site: Site;
let doorman: Doorman;
let keys: SigningKeys;
beforeAll(async () => {
  upstream = await startUpstream(emptyResult);
  site = await openSite();
  doorman = await startAt(site, { upstream: upstream.url });
  keys = await signingKeys(site.realm);
});
afterAll(async () => {
  await doorman.close();
  await site.close();
  await upstream.close();
});

async function newToken(): Promise<string> {
  return (await site.realm.grant('reader')).access_token;
}

describe('Keycloak changes its signing key', () => {
  it(`loses no request of ${perSecond} a second, from the first key to the second`, async ({
    annotate,
    onTestFinished,
  }) => {
    const old = await newToken();
    const traffic = startTraffic(doorman, perSecond, old);
    onTestFinished(async () => void (await traffic.stop()));
    await delay(stretchMs);

    await keys.add();
    const fresh = await newToken();
    expect(decodeProtectedHeader(fresh).kid).not.toBe(decodeProtectedHeader(old).kid);
    traffic.use([old, fresh]);
    await delay(stretchMs);

    await keys.retireFirst();
    traffic.use([old, fresh, await newToken()]);
    await delay(stretchMs);

    traffic.use([fresh, await newToken()]);
    await keys.removeFirst();
    await delay(stretchMs);

    const report = await traffic.stop();
    await annotate(`rotation under load: ${JSON.stringify(report)}`);
    expect(report.sent).toBeGreaterThan((perSecond * 4 * stretchMs) / 1_000 / 2);
    expect(report.statuses).toEqual({ 200: report.sent });
    expect(upstream.arrivals).toHaveLength(report.sent);

    const again = await startBeside(site, { upstream: upstream.url });
    try {
      expect((await again.call(fresh)).status).toBe(200);
      const refused = await again.call(old);
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(again.log()).toContain('key_unknown');
    } finally {
      await again.close();
    }
  });
});
