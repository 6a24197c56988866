import { base64url, exportJWK, generateKeyPair, type JWK } from 'jose';
import { generic } from '../../providers/generic.ts';
import type { TrustedIssuer } from '../../src/core/issuer.ts';
import type { Clock, Fetch, Log, LogFields, Ports } from '../../src/core/ports.ts';
import { systemPorts } from '../../src/core/ports.ts';
import type { IssuerProfile } from '../../src/core/provider.ts';
import { manualClock } from './clock.ts';

export const testIssuer = 'https://idp.example/realms/mcp';
export const testResource = 'https://mcp.example/mcp';

/** What an endpoint does instead of answering well. */
export type Fault =
  | 'down'
  | 'error'
  | 'busy'
  | 'garbage'
  | 'truncated'
  | 'html'
  | 'array'
  | 'empty'
  | 'oversized'
  | 'redirect'
  | 'slow'
  | 'drip';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  /** The published form; tests may add members. */
  readonly jwk: JWK;
}

export interface FakeIssuer {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly fetch: Fetch;
  /** Every URL that was fetched, in order. */
  readonly requests: string[];
  /** The published key set; replace or edit it. */
  keys: unknown[];
  /** The key that signs next. */
  signing: SigningKey;
  /** Well-known documents by URL; replace or edit them. */
  readonly documents: Map<string, unknown>;
  readonly introspectionUri: string;
  /** Every introspection request as it came, in order. */
  readonly introspections: { readonly headers: Headers; readonly form: URLSearchParams }[];
  /** Answers of the introspection endpoint by token; others are not active. Replace or edit them. */
  readonly answers: Map<string, unknown>;
  /** Answers an introspection that suffers from nothing; tests may set their own. */
  introspect(form: URLSearchParams, headers: Headers): Response | Promise<Response>;
  /** What the key endpoint, the well-known URLs or the introspection endpoint suffer from. */
  faults: { jwks: Fault | null; discovery: Fault | null; introspection: Fault | null };
  /** `Retry-After` of the fault `busy`. */
  retryAfter: string;
  /** Ends all answers held back by the fault `slow`, which then come out well. */
  release(): void;
  /** How often the key endpoint was fetched. */
  jwksRequests(): number;
  /** Publishes a new key and signs with it; without overlap the old ones disappear. */
  rotate(options?: { overlap?: boolean; kid?: string; alg?: string }): Promise<SigningKey>;
  /** An access token that is good unless claims or header say otherwise; `undefined` removes. */
  mint(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export interface FakeIssuerOptions {
  readonly issuer?: string;
  readonly clock?: Clock;
  readonly alg?: string;
}

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;
const rsaPairs = new Map<string, Promise<KeyPair>[]>();
const mostRsaPairs = 4;

/** A new key pair; RSA ones take long to make, so four of an algorithm serve in turn. */
function keyPair(alg: string): Promise<KeyPair> {
  if (!/^[RP]S/.test(alg)) return generateKeyPair(alg, { extractable: true });
  const pairs = rsaPairs.get(alg) ?? [];
  const oldest = pairs.length < mostRsaPairs ? undefined : pairs.shift();
  const pair = oldest ?? generateKeyPair(alg, { extractable: true });
  rsaPairs.set(alg, [...pairs, pair]);
  return pair;
}

export async function signingKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await keyPair(alg);
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/**
 * Signs any payload under any header, valid or not: what a hostile or broken issuer could send.
 * A header given as an object gets the key's `alg` unless it has its own.
 */
export async function signText(
  payload: string | Uint8Array,
  header: Record<string, unknown> | string,
  key: SigningKey,
): Promise<string> {
  const text = typeof header === 'string' ? header : JSON.stringify({ alg: key.alg, ...header });
  const input = `${base64url.encode(text)}.${base64url.encode(payload)}`;
  const hash = `SHA-${key.alg.slice(-3)}`;
  const { name } = key.privateKey.algorithm;
  const params = { name, ...(name === 'Ed25519' ? {} : { hash, saltLength: 32 }) };
  const signature = await crypto.subtle.sign(
    params,
    key.privateKey,
    new TextEncoder().encode(input),
  );
  return `${input}.${base64url.encode(new Uint8Array(signature))}`;
}

/** How tokens of an issuer that needs nothing special are judged. */
export function testProfile(issuer: string = testIssuer): IssuerProfile {
  const settings = { resource: testResource, audiences: [], clients: [], tenants: [] };
  const more = { authority: [], scopePrefix: null, grants: [] };
  const [profile] = generic.issuers({ issuer, ...settings, ...more });
  if (profile === undefined) throw new Error('no profile');
  return profile;
}

/** An issuer of signed tokens that cannot be asked about them, unless said otherwise. */
export function trusting(issuer: string, more: Partial<TrustedIssuer> = {}): TrustedIssuer {
  const endpoints = { discovery: null, jwks: null, introspection: null };
  return { profile: testProfile(issuer), validation: 'auto', client: null, endpoints, ...more };
}

/** Our own client at a test issuer. */
export const testClient = {
  clientId: 'https://mcp.example/mcp',
  method: 'client_secret_basic',
  secret: 's3cret & more %41',
} as const;

export function accessTokenClaims(issuer: string, nowMs: number): Record<string, unknown> {
  const now = Math.floor(nowMs / 1_000);
  return {
    iss: issuer,
    aud: testResource,
    sub: 'alice',
    client_id: 'inspector',
    scope: 'mcp:access mcp:tools:read',
    iat: now,
    exp: now + 3_600,
    jti: 'token-1',
  };
}

function json(value: unknown): Response {
  return Response.json(value);
}

/** A well-behaved issuer on an in-memory network, with counted requests and faults on demand. */
export async function fakeIssuer(options: FakeIssuerOptions = {}): Promise<FakeIssuer> {
  const { issuer = testIssuer, clock = manualClock(), alg = 'ES256' } = options;
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const jwksUri = `${origin}${path}/jwks`;
  const introspectionUri = `${origin}${path}/introspect`;
  const metadata = { issuer, jwks_uri: jwksUri, introspection_endpoint: introspectionUri };
  let held: (() => void)[] = [];
  let generation = 1;

  async function suffer(fault: Fault, well: () => Response, init?: RequestInit): Promise<Response> {
    switch (fault) {
      case 'down':
        throw new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') });
      case 'error':
        return new Response('oops', { status: 500 });
      case 'busy':
        return new Response(null, {
          status: 429,
          headers: { 'retry-after': self.retryAfter },
        });
      case 'garbage':
        return new Response(new Uint8Array([0xff, 0xfe, 0x00, 0x7b]));
      case 'truncated':
        return new Response((await well().text()).slice(0, -2));
      case 'html':
        return new Response('<html>log in</html>', { headers: { 'content-type': 'text/html' } });
      case 'array':
        return json([]);
      case 'empty':
        return json({ keys: [] });
      case 'oversized':
        return new Response(`{"keys":[],"x":"${'x'.repeat(300_000)}"}`);
      case 'redirect':
        return init?.redirect === 'manual'
          ? new Response(null, { status: 302, headers: { location: 'https://evil.example/' } })
          : well();
      case 'slow':
        await new Promise<void>((resolve) => held.push(resolve));
        return well();
      case 'drip':
        return new Response(
          new ReadableStream({ start: (c) => c.enqueue(new Uint8Array([0x7b])) }),
        );
    }
  }

  const first = await signingKey('key-1', alg);
  const self: FakeIssuer = {
    issuer,
    jwksUri,
    requests: [],
    keys: [first.jwk],
    signing: first,
    documents: new Map([
      [`${origin}/.well-known/oauth-authorization-server${path}`, metadata],
      [`${origin}${path}/.well-known/openid-configuration`, metadata],
    ]),
    introspectionUri,
    introspections: [],
    answers: new Map(),
    introspect: (form) => json(self.answers.get(form.get('token') ?? '') ?? { active: false }),
    faults: { jwks: null, discovery: null, introspection: null },
    retryAfter: '120',

    async fetch(url, init) {
      self.requests.push(url);
      if (url === introspectionUri) {
        const headers = new Headers(init?.headers);
        const form = new URLSearchParams(init?.body as URLSearchParams);
        self.introspections.push({ headers, form });
        const { introspection: fault } = self.faults;
        const answer = await self.introspect(form, headers);
        return fault === null ? answer : suffer(fault, () => answer, init);
      }
      const isKeys = url === self.jwksUri;
      const fault = isKeys ? self.faults.jwks : self.faults.discovery;
      const document = isKeys ? { keys: self.keys } : self.documents.get(url);
      const well = () =>
        document === undefined ? new Response('no', { status: 404 }) : json(document);
      return fault === null ? well() : suffer(fault, well, init);
    },

    release() {
      for (const resolve of held) resolve();
      held = [];
    },

    jwksRequests: () => self.requests.filter((url) => url === self.jwksUri).length,

    async rotate({ overlap = false, kid = `key-${++generation}`, alg: next = alg } = {}) {
      self.signing = await signingKey(kid, next);
      self.keys = overlap ? [...self.keys, self.signing.jwk] : [self.signing.jwk];
      return self.signing;
    },

    async mint(claims = {}, header = {}) {
      const payload = { ...accessTokenClaims(issuer, clock.now()), ...claims };
      return signText(
        JSON.stringify(payload),
        { typ: 'at+jwt', kid: self.signing.kid, ...header },
        self.signing,
      );
    },
  };
  return self;
}

export interface LogLine {
  readonly level: keyof Log;
  readonly event: string;
  readonly fields: LogFields;
}

/** A log that remembers its lines. */
export function recordingLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: keyof Log) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Ports on a manual clock, a recording log and the given network. */
export function testPorts(fetch: Fetch, clock: Clock = manualClock()) {
  const log = recordingLog();
  return { ...systemPorts, fetch, clock, log } satisfies Ports;
}
