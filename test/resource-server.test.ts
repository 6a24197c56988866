import { beforeAll, describe, expect, it } from 'vitest';
import { parsePolicyDocument } from '../src/policy/document.ts';
import { compilePolicy } from '../src/policy/policy.ts';
import {
  type Admitted,
  assembleResourceServer,
  type ResourceServerParts,
} from '../src/resource-server.ts';
import { createMemoryStore } from '../src/store/memory.ts';
import { manualClock } from './support/clock.ts';
import {
  type FakeIssuer,
  fakeIssuer,
  recordingLog,
  testIssuer,
  testResource,
  trusting,
} from './support/issuer.ts';

const metadataUrl = 'https://mcp.example/.well-known/oauth-protected-resource/mcp';
const policy = compilePolicy(
  parsePolicyDocument({
    required: ['mcp:access'],
    scopes: {
      'mcp:tools:write': { implies: ['mcp:tools:read'] },
      'mcp:admin': { implies: ['mcp:tools:write'], stepUp: true },
    },
    tools: [
      { match: 'list', scopes: ['mcp:tools:read'] },
      { match: 'write', scopes: ['mcp:tools:write'] },
      { match: 'purge', scopes: ['mcp:admin'] },
    ],
  }),
);
const first = 'mcp:access mcp:tools:write mcp:tools:read';

const clock = manualClock();
let idp: FakeIssuer;

beforeAll(async () => {
  idp = await fakeIssuer({ clock });
});

function setUp(options: Partial<ResourceServerParts> = {}) {
  const log = recordingLog();
  const server = assembleResourceServer({
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
    ports: { fetch: idp.fetch, clock, log, digest: (text) => text },
    ...options,
  });
  return { server, log };
}

function call(tool: string, id: string | null = '1'): string {
  const member = id === null ? '' : `"id":${id},`;
  return `{"jsonrpc":"2.0",${member}"method":"tools/call","params":{"name":"${tool}"}}`;
}

function post(body: string, token?: string, headers: Record<string, string> = {}): Request {
  return new Request(testResource, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body,
  });
}

const modernParams = JSON.stringify({
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  },
});

async function refusalOf(result: Admitted | Response) {
  if (!(result instanceof Response)) throw new Error('was admitted');
  const text = await result.text();
  return {
    status: result.status,
    challenge: result.headers.get('WWW-Authenticate'),
    text,
    body: text === '' ? null : JSON.parse(text),
  };
}

describe('guard', () => {
  it('admits a permitted call with who, what and the canonical message', async () => {
    const { server, log } = setUp();
    const admitted = await server.guard(post(` ${call('list')}\n`, await idp.mint()));
    expect(admitted).toMatchObject({
      principal: { issuer: testIssuer, subject: 'alice', clientId: 'inspector' },
      operation: { method: 'tools/call', targets: [{ type: 'tool', name: 'list' }] },
      message: { id: '1', canonical: call('list') },
      revision: null,
    });
    expect(log.lines.filter(({ event }) => event === 'refused')).toEqual([]);
  });

  it.each([
    ['GET', 'stream'],
    ['DELETE', 'terminate'],
  ])('admits %s with the required scopes alone', async (method, kind) => {
    const { server } = setUp();
    const token = await idp.mint({ scope: 'mcp:access' });
    const headers = { Authorization: `Bearer ${token}`, 'MCP-Protocol-Version': '2025-11-25' };
    const admitted = await server.guard(new Request(testResource, { method, headers }));
    expect(admitted).toMatchObject({ operation: { kind }, message: null, revision: '2025-11-25' });
  });

  it.each(['GET', 'POST', 'DELETE', 'HEAD', 'PUT', 'PATCH', 'OPTIONS'])(
    'challenges %s without a token: no error, the scopes of a first login',
    async (method) => {
      const { server } = setUp();
      const refused = await refusalOf(await server.guard(new Request(testResource, { method })));
      expect(refused).toMatchObject({
        status: 401,
        challenge: `Bearer resource_metadata="${metadataUrl}", scope="${first}"`,
      });
    },
  );

  it.each(['HEAD', 'PUT', 'PATCH', 'OPTIONS'])(
    'answers %s with a good token by 405',
    async (method) => {
      const { server } = setUp();
      const headers = { Authorization: `Bearer ${await idp.mint()}` };
      const response = await server.guard(new Request(testResource, { method, headers }));
      expect(response).toMatchObject({ status: 405 });
      expect((response as Response).headers.get('Allow')).toBe('GET, POST, DELETE');
    },
  );

  it('does not look for a token in the query or in the body', async () => {
    const { server } = setUp();
    const token = await idp.mint();
    const request = new Request(`${testResource}?access_token=${token}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `access_token=${token}`,
    });
    expect(await refusalOf(await server.guard(request))).toMatchObject({ status: 401 });
  });

  it('refuses a malformed Authorization header with invalid_request', async () => {
    const { server } = setUp();
    const request = post(call('list'), 'a, Bearer b');
    expect(await refusalOf(await server.guard(request))).toMatchObject({
      status: 400,
      challenge: expect.stringContaining('error="invalid_request"'),
    });
  });

  it('does not read the body of a request without a good token', async () => {
    const { server } = setUp();
    const request = post('not json', 'not-a-token');
    expect(await refusalOf(await server.guard(request))).toMatchObject({ status: 401 });
    expect(request.bodyUsed).toBe(false);
  });

  it('refuses a foreign token without a word about why', async () => {
    const { server, log } = setUp();
    const token = await idp.mint({ aud: 'https://other.example/mcp' });
    const refused = await refusalOf(await server.guard(post(call('list'), token)));
    expect(refused).toMatchObject({
      status: 401,
      challenge:
        `Bearer resource_metadata="${metadataUrl}", error="invalid_token", scope="${first}", ` +
        'error_description="The access token was not issued for this resource."',
    });
    expect(JSON.stringify(refused)).not.toContain('other.example');
    expect(log.lines.find(({ event }) => event === 'refused')?.fields).toMatchObject({
      code: 'audience_mismatch',
      got: 'https://other.example/mcp',
      expected: [testResource],
    });
    expect(JSON.stringify(log.lines)).not.toContain(token);
  });

  it('asks the owner of an expired token for what was held, too, but for nothing foreign', async () => {
    const { server } = setUp();
    const token = await idp.mint({ exp: clock.now() / 1000 - 3600, scope: 'mcp:admin foreign' });
    const refused = await refusalOf(await server.guard(post(call('list'), token)));
    expect(refused.challenge).toContain(`scope="mcp:admin ${first}"`);
    expect(refused.challenge).toContain('The access token has expired.');
  });

  it('steps up: held and needed scopes in one challenge, with the id of the request', async () => {
    const { server } = setUp();
    const refused = await refusalOf(
      await server.guard(post(call('purge', '1e400'), await idp.mint())),
    );
    expect(refused.status).toBe(403);
    expect(refused.challenge).toBe(
      `Bearer resource_metadata="${metadataUrl}", error="insufficient_scope", ` +
        'scope="mcp:access mcp:tools:read mcp:admin", ' +
        'error_description="The access token lacks a permission that this operation needs."',
    );
    expect(refused.text).toContain('"id":1e400,');
  });

  it('denies what no rule names without a challenge, since no scope would help', async () => {
    const { server, log } = setUp();
    const refused = await refusalOf(await server.guard(post(call('secret'), await idp.mint())));
    expect(refused).toMatchObject({ status: 403, challenge: null });
    expect(log.lines.at(-1)?.fields).toMatchObject({ code: 'operation_denied', subject: 'alice' });
  });

  it('enforces the same on a tool call without an id', async () => {
    const { server } = setUp();
    const refused = await refusalOf(
      await server.guard(post(call('purge', null), await idp.mint())),
    );
    expect(refused).toMatchObject({ status: 403, body: { id: null } });
  });

  it.each([
    ['200 before 2026-07-28', '', {}, 200],
    ['404 since 2026-07-28', `,"params":${modernParams}`, { 'Mcp-Method': 'foo/bar' }, 404],
  ])('answers an unknown method with %s', async (_, params, headers, status) => {
    const { server } = setUp();
    const body = `{"jsonrpc":"2.0","id":"a","method":"foo/bar"${params}}`;
    const modern = params === '' ? {} : { 'MCP-Protocol-Version': '2026-07-28' };
    const request = post(body, await idp.mint(), { ...modern, ...headers });
    const refused = await refusalOf(await server.guard(request));
    expect(refused).toMatchObject({
      status,
      challenge: null,
      body: { id: 'a', error: { code: -32601 } },
    });
  });

  it.each([
    ['ping', '2026-07-28', 404],
    ['server/discover', '2025-11-25', 200],
    ['tasks/list', '2025-06-18', 200],
  ])('answers %s as unknown in %s, which does not have it', async (method, revision, status) => {
    const { server } = setUp();
    const params = revision === '2026-07-28' ? `,"params":${modernParams}` : '';
    const body = `{"jsonrpc":"2.0","id":1,"method":"${method}"${params}}`;
    const headers = { 'MCP-Protocol-Version': revision, 'Mcp-Method': method };
    const refused = await refusalOf(await server.guard(post(body, await idp.mint(), headers)));
    expect(refused).toMatchObject({ status, body: { id: 1, error: { code: -32601 } } });
  });

  it('judges what the message says, and refuses headers that say something else', async () => {
    const { server } = setUp();
    const params = { name: 'purge', ...JSON.parse(modernParams) };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    const named = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call' };
    const token = await idp.mint();
    const honest = await server.guard(post(body, token, { ...named, 'Mcp-Name': 'purge' }));
    expect(await refusalOf(honest)).toMatchObject({ status: 403 });
    const lying = await server.guard(post(body, token, { ...named, 'Mcp-Name': 'list' }));
    expect(await refusalOf(lying)).toMatchObject({
      status: 400,
      challenge: null,
      text: '{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"A header contradicts the message."}}',
    });
  });

  it('tells a client of another revision which ones there are', async () => {
    const { server } = setUp();
    const headers = { 'MCP-Protocol-Version': '1900-01-01' };
    const refused = await server.guard(post(call('list'), await idp.mint(), headers));
    expect(await refusalOf(refused)).toMatchObject({
      status: 400,
      challenge: null,
      body: {
        id: 1,
        error: {
          code: -32022,
          data: { supported: ['2026-07-28'], requested: '1900-01-01' },
        },
      },
    });
  });

  it.each(['GET', 'POST', 'DELETE'])('asks %s for a token before its revision', async (method) => {
    const { server } = setUp();
    const headers = { 'MCP-Protocol-Version': '1900-01-01' };
    const refused = await server.guard(new Request(testResource, { method, headers }));
    expect(await refusalOf(refused)).toMatchObject({ status: 401 });
  });

  it('accepts an unknown notification like any other, and drops it', async () => {
    const { server } = setUp();
    const body = '{"jsonrpc":"2.0","method":"notifications/foo"}';
    const refused = await refusalOf(await server.guard(post(body, await idp.mint())));
    expect(refused).toMatchObject({ status: 202, text: '' });
  });

  it.each([
    ['no JSON', '{', -32700],
    ['a batch', `[${call('list')}]`, -32600],
    ['a duplicate key', call('list').replace('{', '{"id":2,'), -32600],
    ['a nameless call', '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{}}', -32602],
  ])('refuses %s as JSON-RPC wants it', async (_, body, code) => {
    const { server } = setUp();
    const refused = await refusalOf(await server.guard(post(body, await idp.mint())));
    expect(refused).toMatchObject({ status: 400, challenge: null, body: { error: { code } } });
  });

  it('tells the id of a message whose parameters are wrong', async () => {
    const { server } = setUp();
    const body = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{}}';
    const refused = await refusalOf(await server.guard(post(body, await idp.mint())));
    expect(refused.body.id).toBe(7);
  });

  it('answers an outage of the issuer with 503 and Retry-After, never with 401', async () => {
    const down = await fakeIssuer({ clock, issuer: testIssuer });
    down.faults = { jwks: 'down', discovery: 'down', introspection: null };
    const { server } = setUp({
      ports: { fetch: down.fetch, clock, log: recordingLog(), digest: (text) => text },
    });
    const response = (await server.guard(post(call('list'), await down.mint()))) as Response;
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/);
    expect(response.headers.get('WWW-Authenticate')).toBeNull();
    expect(await server.ready()).toBe(false);
    expect(server.metadata?.respond(new Request(metadataUrl)).status).toBe(200);
  });

  it('answers a fault of its own with 500, and logs the cause', async () => {
    const log = recordingLog();
    const { server } = setUp({
      ports: {
        fetch: idp.fetch,
        clock,
        log,
        digest: () => {
          throw new Error('broken');
        },
      },
    });
    expect(await refusalOf(await server.guard(post(call('list'), await idp.mint())))).toMatchObject(
      {
        status: 500,
        challenge: null,
      },
    );
    expect(log.lines.at(-1)?.fields).toMatchObject({ code: 'internal_error' });
  });
});

describe('challengeScopes', () => {
  it.each([
    ['auto', first],
    ['required', 'mcp:access'],
    ['all', 'mcp:access mcp:tools:write mcp:tools:read mcp:admin'],
  ] as const)(
    '%s asks a first login for %s, in the challenge and in the metadata',
    async (mode, scope) => {
      const { server } = setUp({ challengeScopes: mode });
      const { challenge } = await refusalOf(await server.guard(new Request(testResource)));
      expect(challenge).toContain(`scope="${scope}"`);
      const document = await server.metadata?.respond(new Request(metadataUrl)).json();
      expect(document.scopes_supported).toEqual(scope.split(' '));
    },
  );
});

describe('several issuers', () => {
  const prefixed = (issuer: string, prefix: string) => {
    const trusted = trusting(issuer);
    const requestScope = (scope: string): string => `${prefix}/${scope}`;
    return { ...trusted, profile: { ...trusted.profile, requestScope } };
  };

  it('are each asked in their own words: all at a first login, the own one at a step-up', async () => {
    const issuers = [prefixed('https://other.example', 'o'), prefixed(testIssuer, 't')];
    const { server } = setUp({ issuers, challengeScopes: 'required' });
    const document = await server.metadata?.respond(new Request(metadataUrl)).json();
    expect(document.authorization_servers).toEqual(['https://other.example', testIssuer]);
    expect(document.scopes_supported).toEqual(['o/mcp:access', 't/mcp:access']);
    const refused = await refusalOf(await server.guard(post(call('purge'), await idp.mint())));
    expect(refused.challenge).toContain('scope="t/mcp:access t/mcp:tools:read t/mcp:admin"');
  });
});

describe('insecureNoAuth', () => {
  it('admits everybody, and still reads messages strictly', async () => {
    const { server } = setUp({ insecureNoAuth: true, issuers: [], policy: compilePolicy({}) });
    const admitted = await server.guard(post(call('purge')));
    expect(admitted).toMatchObject({ principal: { subject: null } });
    expect(await refusalOf(await server.guard(post('[]')))).toMatchObject({ status: 400 });
    expect(await server.ready()).toBe(true);
  });
});

describe('assembleResourceServer', () => {
  it('refuses to be made without an issuer', () => {
    expect(() => setUp({ issuers: [] })).toThrow(TypeError);
  });
});

describe('lists and what they permit', () => {
  const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
  const tool = (name: string, readOnlyHint: boolean) =>
    `{"name":"${name}","annotations":{"readOnlyHint":${readOnlyHint}}}`;
  const answer = (...tools: string[]) => `{"jsonrpc":"2.0","id":1,"result":{"tools":[${tools}]}}`;

  async function filtered(options: Partial<ResourceServerParts>, body: string) {
    const { server } = setUp(options);
    const token = await idp.mint({ scope: 'mcp:access mcp:tools:read' });
    const admitted = await server.guard(post(list, token));
    if (admitted instanceof Response) throw new Error('was refused');
    const response = await server.filter(new Response(body), admitted);
    return { server, token, status: response.status, text: await response.text() };
  }

  it('shows of a list what its reader may use', async () => {
    const listed = answer(tool('list', true), tool('purge', true), tool('unheard-of', true));
    const { status, text } = await filtered({}, listed);
    expect([status, text]).toEqual([200, answer(tool('list', true))]);
  });

  it('refuses a list that cannot be read', async () => {
    const { status, text } = await filtered({}, answer(tool('purge', true)).slice(1));
    expect(status).toBe(502);
    expect(text).not.toContain('purge');
  });

  it.each([
    ['without rules', compilePolicy({})],
    ['with listing: all', compilePolicy({ tools: [], listing: 'all' })],
  ])('leaves an answer as it is %s', async (_what, other) => {
    const { server } = setUp({ policy: other });
    const admitted = await server.guard(post(list, await idp.mint()));
    if (admitted instanceof Response) throw new Error('was refused');
    const response = new Response('{"result":{"tools":');
    expect(await server.filter(response, admitted)).toBe(response);
  });

  it.each(['permitted', 'all'] as const)(
    'learns annotations from a list that passes (%s)',
    async (listing) => {
      const byHint = compilePolicy({
        listing,
        tools: [{ annotations: { readOnlyHint: true }, scopes: ['mcp:tools:read'] }],
      });
      const written = answer(tool('look', true), tool('drop', false));
      const { server, token, text } = await filtered({ policy: byHint }, written);
      expect(text).toBe(listing === 'all' ? written : answer(tool('look', true)));
      const judge = async (name: string) => await server.guard(post(call(name), token));
      expect(await judge('look')).not.toBeInstanceOf(Response);
      expect((await refusalOf(await judge('drop'))).status).toBe(403);
      expect((await refusalOf(await judge('unheard-of'))).status).toBe(403);
    },
  );

  it('answers a call that lacks a scope as the policy says', async () => {
    const asResult = compilePolicy({ tools: [{ match: '*', scopes: ['b'] }], denial: 'result' });
    const { server } = setUp({ policy: asResult });
    const token = await idp.mint({ scope: 'a' });
    expect((await refusalOf(await server.guard(post(call('x'), token)))).status).toBe(200);
    // Who sends no id reads no result.
    expect((await refusalOf(await server.guard(post(call('x', null), token)))).status).toBe(403);
  });
});
