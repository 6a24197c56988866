import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { google } from '../../providers/google.ts';
import { systemPorts } from '../../src/core/ports.ts';
import { createVerifier, type Verifier } from '../../src/token/verifier.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { recordingLog, testResource, trusting } from '../support/issuer.ts';

const tokeninfo = 'https://oauth2.googleapis.com/tokeninfo';
const network = setupServer();

let clock: ManualClock;
let log: ReturnType<typeof recordingLog>;
let verifier: Verifier;
let asked: URLSearchParams[];

beforeAll(() => network.listen({ onUnhandledRequest: 'error' }));
afterEach(() => network.resetHandlers());
afterAll(() => network.close());

beforeEach(() => {
  const settings = {
    issuer: 'https://accounts.google.com',
    resource: testResource,
    audiences: [],
    clients: ['client-1.apps.googleusercontent.com'],
    tenants: [],
    authority: [],
    scopePrefix: null,
    grants: [{ email: 'alice@example.com', scopes: ['mcp:read'] }],
  };
  const [profile] = google.issuers(settings);
  clock = manualClock();
  log = recordingLog();
  asked = [];
  verifier = createVerifier({
    issuers: [trusting('', profile && { profile })],
    staticTokens: [],
    ports: { ...systemPorts, clock, log },
  });
});

function answering(status: number, body: Record<string, unknown> | string): void {
  network.use(
    http.post(tokeninfo, async ({ request }) => {
      asked.push(new URLSearchParams(await request.text()));
      return typeof body === 'string'
        ? new HttpResponse(body, { status })
        : HttpResponse.json(body, { status });
    }),
  );
}

function info(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    azp: 'client-1.apps.googleusercontent.com',
    aud: 'client-1.apps.googleusercontent.com',
    sub: '1234567890',
    scope: 'openid https://www.googleapis.com/auth/userinfo.email',
    exp: `${clock.now() / 1_000 + 3_599}`,
    expires_in: '3599',
    email: 'alice@example.com',
    email_verified: 'true',
    access_type: 'online',
    ...more,
  };
}

const refusal = (token: string) =>
  verifier.verify(token).then(
    () => 'accepted',
    ({ code }) => code,
  );

describe("a token of Google's", () => {
  it('is looked up by its dialect, once for concurrent requests, and remembered', async () => {
    answering(200, info());
    const all = await Promise.all(Array.from({ length: 20 }, () => verifier.verify('ya29.c.x')));
    expect(all[0]).toMatchObject({
      issuer: 'https://accounts.google.com',
      subject: '1234567890',
      scopes: new Set(['mcp:read']),
    });
    expect(await refusal('ya29.c.x')).toBe('accepted');
    expect(asked.map((form) => Object.fromEntries(form))).toEqual([{ access_token: 'ya29.c.x' }]);
    clock.advance(30_000);
    answering(400, { error: 'invalid_token' });
    expect(await refusal('ya29.c.x')).toBe('token_inactive');
    expect(asked).toHaveLength(2);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ aud: 'other.apps.googleusercontent.com' }, 'audience_mismatch'],
    [{ azp: 'other.apps.googleusercontent.com' }, 'claims_invalid'],
    [{ exp: '1' }, 'token_expired'],
  ])('is refused with %j as %s', async (more, code) => {
    answering(200, info(more));
    expect(await refusal('ya29.x')).toBe(code);
  });

  it('is active until Google says otherwise, and asked about again on recheck', async () => {
    answering(200, info());
    await verifier.verify('ya29.x');
    answering(400, { error_description: 'Invalid Value' });
    await expect(verifier.recheck('ya29.x')).rejects.toMatchObject({ code: 'token_inactive' });
    expect(asked).toHaveLength(2);
  });

  it.each<[number, Record<string, unknown> | string]>([
    [200, '<html>log in</html>'],
    [200, {}],
    [200, '{"aud":"a","aud":"client-1.apps.googleusercontent.com","exp":"4000000000"}'],
    [401, {}],
    [404, ''],
    [429, {}],
    [500, 'oops'],
    [503, {}],
    [302, ''],
  ])('is undecided when the look-up answers %i %j', async (status, body) => {
    answering(status, body);
    expect(await refusal('ya29.x')).toBe('issuer_unavailable');
    expect(await verifier.ready()).toBe(false);
  });

  it('costs a failing Google five look-ups and one of our own, and no more', async () => {
    answering(500, '');
    for (let i = 0; i < 100; i++) expect(await refusal(`ya29.${i}`)).toBe('issuer_unavailable');
    expect(asked).toHaveLength(5 + 1);
    expect(JSON.stringify(log.lines)).not.toContain('ya29');
  });

  it('is never a JWT', async () => {
    const claims = btoa('{"iss":"https://accounts.google.com"}').replaceAll('=', '');
    expect(await refusal(`eyJhbGciOiJSUzI1NiJ9.${claims}.AAAA`)).toBe('type_denied');
    expect(asked).toEqual([]);
  });
});
