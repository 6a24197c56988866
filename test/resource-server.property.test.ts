import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parsePolicyDocument } from '../src/policy/document.ts';
import { compilePolicy } from '../src/policy/policy.ts';
import { assembleResourceServer, type ResourceServer } from '../src/resource-server.ts';
import { createMemoryStore } from '../src/store/memory.ts';
import { ambiguousRequest, type WireRequest } from './support/ambiguous-requests.ts';
import { carelessReaders, type Deed, deedOfHeaders, deedsOf } from './support/careless-readers.ts';
import { manualClock } from './support/clock.ts';
import { fakeIssuer, testIssuer, testPorts, testResource, trusting } from './support/issuer.ts';

/** `npm run test:fuzz` takes many more. */
const numRuns = Number(process.env.MCP_DOORMAN_FUZZ_RUNS ?? 2_000);
const millisecondsPerRun = 10;

const version = 'io.modelcontextprotocol/protocolVersion';
const header = 'MCP-Protocol-Version';

const policy = compilePolicy(
  parsePolicyDocument({
    required: ['mcp:access'],
    tools: [
      { match: ['safe', '*_read'], scopes: ['mcp:access'] },
      { match: '*', scopes: ['mcp:admin'] },
    ],
    prompts: [{ match: 'safe', scopes: [] }],
    resources: [
      { match: 'file:///secret/**', scopes: ['mcp:admin'] },
      { match: ['file:///public/**', 'FILE:///**'], scopes: [] },
    ],
    methods: { 'logging/*': ['mcp:admin'], 'notifications/roots/*': ['mcp:admin'] },
  }),
);

/** Open to everybody who holds `mcp:access`. */
const open = [
  'tools/list',
  'ping',
  'server/discover',
  'notifications/cancelled',
  'subscriptions/listen',
];

/** The same policy once more, in the words of the test: what the principal may do. */
function mayDo({ method, thing }: Deed): boolean {
  if (thing === null) return open.includes(method);
  const isPublic = thing.startsWith('file:///public/') && !thing.includes('..');
  if (method === 'tools/call') return thing === 'safe' || thing.endsWith('_read');
  if (method === 'prompts/get') return thing === 'safe';
  if (method === 'completion/complete') return thing === 'safe' || isPublic;
  return isPublic;
}

let server: ResourceServer;
let token: string;

beforeAll(async () => {
  const clock = manualClock();
  const idp = await fakeIssuer({ clock });
  token = await idp.mint({ scope: 'mcp:access' });
  server = assembleResourceServer({
    resource: testResource,
    issuers: [trusting(testIssuer)],
    staticTokens: [],
    senderConstraint: {
      dpop: 'off',
      dpopNonce: false,
      resource: testResource,
      certificateHeader: null,
      trustedProxies: [],
    },
    store: createMemoryStore(clock),
    policy,
    challengeScopes: 'auto',
    insecureNoAuth: false,
    ports: { ...testPorts(idp.fetch, clock), digest: (text) => text },
  });
});

/** What every reader makes of a text. */
function allDeeds(text: string): readonly (readonly [string, Deed])[] {
  return Object.entries(carelessReaders).flatMap(([name, habit]) =>
    deedsOf(text, habit).map((deed) => [name, deed] as const),
  );
}

/** What would be forwarded of a request: the message and the headers; `null` for nothing. */
async function forwarded({ body, headers }: WireRequest): Promise<string | null> {
  const request = new Request(testResource, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, ...headers },
    body: body as BodyInit,
  });
  const outcome = await server.guard(request);
  if (!(outcome instanceof Response)) return outcome.message?.canonical ?? '';
  expect(outcome.status === 200 || outcome.status === 202 || outcome.status >= 400).toBe(true);
  return null;
}

describe('whatever is made of a request', () => {
  it('no reader of what is forwarded sees an operation that the principal may not perform', {
    timeout: 20_000 + numRuns * millisecondsPerRun,
  }, async () => {
    const seen = { forwarded: 0, twisted: 0, dangerous: 0, divided: 0 };
    const methods = new Set<string>();
    await fc.assert(
      fc.asyncProperty(ambiguousRequest, async (request) => {
        const arriving = allDeeds(new TextDecoder().decode(request.body));
        const wrong = arriving.filter(([, deed]) => !mayDo(deed)).length;
        if (wrong > 0) seen.dangerous++;
        if (wrong > 0 && wrong < arriving.length) seen.divided++;

        const text = await forwarded(request);
        if (text === null) return;
        seen.forwarded++;
        if (request.tricks.length > 0) seen.twisted++;
        const deeds = allDeeds(text);
        for (const [reader, deed] of deeds) {
          methods.add(deed.method);
          expect(mayDo(deed), `${reader}: ${JSON.stringify(deed)}`).toBe(true);
        }
        // Whoever goes by the headers must see what the others see.
        const claimed = JSON.parse(text).params?._meta?.[version];
        expect(claimed ?? request.headers[header]).toBe(request.headers[header]);
        const routed = deedOfHeaders(new Headers(request.headers));
        if (routed === null) return;
        expect(deeds.map(([, { method }]) => method)).toContain(routed.method);
        expect(routed.thing === null || mayDo(routed), JSON.stringify(routed)).toBe(true);
      }),
      { numRuns },
    );
    // Nothing of it would be worth a word if little got through, or little was dangerous.
    expect(seen.forwarded).toBeGreaterThan(numRuns / 5);
    expect(seen.twisted).toBeGreaterThan(numRuns / 30);
    expect(seen.dangerous).toBeGreaterThan(numRuns / 4);
    expect(seen.divided).toBeGreaterThan(numRuns / 10);
    expect([...methods]).toEqual(
      expect.arrayContaining(['tools/call', 'prompts/get', 'resources/read', 'tools/list']),
    );
    if (process.env.MCP_DOORMAN_FUZZ_RUNS) console.log(numRuns, 'requests:', seen);
  });
});
