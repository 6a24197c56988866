import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemPorts } from '../../src/core/ports.ts';
import { createVerifier } from '../../src/token/verifier.ts';
import { type FakeIssuer, fakeIssuer, testIssuer, trusting } from '../support/issuer.ts';

const network = setupServer();
let idp: FakeIssuer;

beforeAll(async () => {
  idp = await fakeIssuer({ clock: systemPorts.clock });
  network.listen({ onUnhandledRequest: 'error' });
});
afterEach(() => network.resetHandlers());
afterAll(() => network.close());

function verifier() {
  return createVerifier({ issuers: [trusting(testIssuer)], staticTokens: [], ports: systemPorts });
}

/** The issuer's documents on the network, where other hosts are an error. */
function publish(jwks: () => Response): void {
  const documents = [...idp.documents].map(([url, document]) =>
    http.get(url, () => HttpResponse.json(document as Record<string, unknown>)),
  );
  network.use(
    ...documents,
    http.get(idp.jwksUri, jwks),
    http.get(/\.well-known/, () => new HttpResponse(null, { status: 404 })),
  );
}

describe('a verifier on the system ports', () => {
  it('verifies a token with what the issuer publishes on the network', async () => {
    publish(() => HttpResponse.json({ keys: idp.keys }));
    expect(await verifier().verify(await idp.mint())).toMatchObject({ subject: 'alice' });
  });

  it('follows no redirect to keys elsewhere', async () => {
    let followed = 0;
    publish(() => HttpResponse.redirect('https://elsewhere.example/jwks', 302));
    network.use(
      http.get('https://elsewhere.example/jwks', () => {
        followed += 1;
        return HttpResponse.json({ keys: idp.keys });
      }),
    );
    await expect(verifier().verify(await idp.mint())).rejects.toMatchObject({
      code: 'issuer_unavailable',
    });
    expect(followed).toBe(0);
  });

  it('calls a failing network an outage', async () => {
    publish(() => HttpResponse.error());
    await expect(verifier().verify(await idp.mint())).rejects.toMatchObject({
      code: 'issuer_unavailable',
    });
  });
});
