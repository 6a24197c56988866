import { createHmac } from 'node:crypto';
import { exportSPKI, importJWK } from 'jose';
import { providers } from '../../providers/index.ts';
import type { TrustedIssuer } from '../../src/core/issuer.ts';
import type { Fetch } from '../../src/core/ports.ts';
import type { IssuerProfile, ProviderSettings } from '../../src/core/provider.ts';
import type { Principal } from '../../src/core/types.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createBinding } from '../../src/token/binding.ts';
import { createVerifier } from '../../src/token/verifier.ts';
import { type Recorded, type RecordedToken, settingsOf } from '../providers/recorded.ts';
import { epochMs, manualClock } from '../support/clock.ts';
import { type FakeIssuer, fakeIssuer, signText, testPorts } from '../support/issuer.ts';

export const nowSeconds: number = epochMs / 1_000;

const introspectionUri = 'https://introspection.example/introspect';

/** A provider on an in-memory network, and this product's own verification in front of it. */
export interface Rig {
  /** Of the advertised issuer. */
  readonly issuer: FakeIssuer;
  readonly profile: IssuerProfile;
  /** A token in the provider's own way: signed, or opaque with these claims as the answer. */
  present(token: RecordedToken): Promise<string>;
  /** A signed token, whatever kind the provider hands out. */
  sign(token: RecordedToken): Promise<string>;
  /** Signed with HMAC, under the text of the public key as the secret. */
  confuse(token: RecordedToken): Promise<string>;
  /** Verifies and judges a key binding, as for a request that came as plain Bearer. */
  accept(token: string): Promise<Principal>;
}

/** tokeninfo writes numbers as text. */
function answerOf({ claims }: RecordedToken, by: Recorded['by']): Record<string, unknown> {
  if (by === 'introspection') return { active: true, ...claims };
  return claims.exp === undefined ? claims : { ...claims, exp: String(claims.exp) };
}

export async function contractRig(
  recorded: Recorded,
  overrides: Partial<ProviderSettings> = {},
): Promise<Rig> {
  const clock = manualClock();
  const { provider, by, alg = 'RS256' } = recorded;
  const profiles = providers[provider].issuers(settingsOf({ ...recorded.settings, ...overrides }));
  const issuers = await Promise.all(
    profiles.map(async ({ issuer, discoveryUrl }) => {
      const fake = await fakeIssuer({ issuer, clock, alg });
      if (discoveryUrl !== null) {
        fake.documents.clear();
        fake.documents.set(discoveryUrl, { issuer, jwks_uri: fake.jwksUri });
      }
      return fake;
    }),
  );
  const [issuer] = issuers;
  const profile = profiles[0];
  if (issuer === undefined || profile === undefined) throw new Error('the adapter has no issuer');

  const answers = new Map<string, unknown>();
  const fetch: Fetch = async (url, init) => {
    if (init?.method === 'POST') {
      const asked = new URLSearchParams(String(init.body));
      const answer = answers.get(asked.get('access_token') ?? asked.get('token') ?? '');
      return answer === undefined
        ? Response.json({ error: 'invalid_token' }, { status: 400 })
        : Response.json(answer);
    }
    const known = issuers.find((fake) => url === fake.jwksUri || fake.documents.has(url));
    return known?.fetch(url, init) ?? new Response(null, { status: 404 });
  };
  const introspects = by === 'introspection';
  const trusted = profiles.map(
    (entry): TrustedIssuer => ({
      profile: entry,
      validation: 'auto',
      client: introspects
        ? { clientId: 'doorman', method: 'client_secret_basic', secret: 's3cret' }
        : null,
      endpoints: {
        discovery: null,
        jwks: null,
        introspection: introspects ? introspectionUri : null,
      },
    }),
  );
  const ports = { ...testPorts(fetch, clock), store: createMemoryStore(clock) };
  const verifier = createVerifier({ issuers: trusted, staticTokens: [], ports });
  const { resource } = recorded.settings;
  const binding = createBinding(
    { dpop: 'optional', dpopNonce: false, resource, certificateHeader: null, trustedProxies: [] },
    ports,
  );

  async function sign({ header, claims }: RecordedToken): Promise<string> {
    const by = issuers.find((fake) => fake.issuer === claims.iss) ?? issuer;
    if (by === undefined) throw new Error('no issuer');
    return signText(JSON.stringify(claims), { kid: by.signing.kid, ...header }, by.signing);
  }

  return {
    issuer,
    profile,
    sign,

    async present(token) {
      if (by === undefined) return sign(token);
      const opaque = `opaque-${answers.size}`;
      answers.set(opaque, answerOf(token, by));
      return opaque;
    },

    async confuse({ header, claims }) {
      const { kid, jwk } = issuer.signing;
      const key = (await importJWK(jwk, alg)) as CryptoKey;
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const input = `${encode({ ...header, alg: 'HS256', kid })}.${encode(claims)}`;
      const secret = await exportSPKI(key);
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    },

    async accept(token) {
      const principal = await verifier.verify(token);
      const request = new Request(resource, { method: 'POST' });
      await binding.check(principal, { scheme: 'bearer', token, request, clientCertificate: null });
      return principal;
    },
  };
}
