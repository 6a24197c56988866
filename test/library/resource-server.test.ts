import { describe, expect, it } from 'vitest';
import {
  createMemoryStore,
  createResourceServer,
  isDoormanError,
  readMessage,
  systemPorts,
} from '../../src/index.ts';
import { call, libraryRig, post } from '../adapters/rig.ts';

const encoder = new TextEncoder();
const messageOf = (name: string) => readMessage(encoder.encode(call(name)), null);

describe('metadata', () => {
  it('answers at the paths it names, and leaves every other request alone', async () => {
    const { server, resource } = await libraryRig();
    const { origin } = new URL(resource);
    expect(server.metadataPaths).toEqual([
      '/.well-known/oauth-protected-resource/mcp',
      '/.well-known/oauth-protected-resource',
    ]);
    for (const path of server.metadataPaths) {
      const response = server.metadata(new Request(origin + path));
      expect(await response?.json()).toMatchObject({ resource });
    }
    for (const path of ['/mcp', '/', '/.well-known/oauth-protected-resource/other'])
      expect(server.metadata(new Request(origin + path))).toBeNull();
  });

  it('is nowhere without a login', async () => {
    const { server, resource } = await libraryRig({
      issuers: [],
      staticTokens: [
        { name: 'ci', hash: `sha256:${'0'.repeat(64)}`, scopes: [], expiresAt: null } as never,
      ],
    });
    expect(server.metadataPaths).toEqual([]);
    expect(
      server.metadata(new Request(new URL('/.well-known/oauth-protected-resource', resource))),
    ).toBeNull();
  });
});

describe('authenticate', () => {
  it('says who calls, and leaves the body unread', async () => {
    const { server, resource, mint } = await libraryRig();
    const request = post(resource, await mint());
    expect(await server.authenticate(request)).toMatchObject({ subject: 'alice' });
    expect(request.bodyUsed).toBe(false);
  });

  it('throws what can be answered as a refusal', async () => {
    const { server, resource, mint } = await libraryRig();
    const request = post(resource, await mint({ aud: 'https://elsewhere.example' }));
    const error: unknown = await server.authenticate(request).catch((caught) => caught);
    expect(isDoormanError(error, 'audience_mismatch')).toBe(true);
    const refusal = server.refuse(error);
    expect(refusal.status).toBe(401);
    expect(refusal.headers.get('WWW-Authenticate')).toContain('error="invalid_token"');
  });
});

describe('authorize', () => {
  it('judges a message by the policy', async () => {
    const { server, resource, mint } = await libraryRig();
    const alice = await server.authenticate(post(resource, await mint()));
    expect(server.authorize(alice, messageOf('add'))).toMatchObject({ introspect: false });
    expect(() => server.authorize(alice, messageOf('purge'))).toThrow(
      expect.objectContaining({ code: 'scope_insufficient' }),
    );
  });
});

describe('guard', () => {
  it('asks for what is declared beside a tool as well', async () => {
    const { server, resource, mint } = await libraryRig({ toolScopes: { add: ['mcp:extra'] } });
    const refused = await server.guard(post(resource, await mint()));
    expect(refused).toMatchObject({ status: 403 });
    const scope = 'mcp:access mcp:tools:read mcp:extra';
    const admitted = await server.guard(post(resource, await mint({ scope, sub: 'bob' })));
    expect(admitted).toMatchObject({ principal: { subject: 'bob' } });
  });
});

describe('close', () => {
  it('leaves a store open that was handed in', async () => {
    let closed = 0;
    const store = createMemoryStore(systemPorts.clock);
    const watched = {
      ...store,
      async close() {
        closed += 1;
      },
    };
    const { server } = await libraryRig({ store: watched });
    await server.close();
    expect(closed).toBe(0);
    const own = await libraryRig();
    await expect(own.server.close()).resolves.toBeUndefined();
  });
});

describe('createResourceServer', () => {
  it.each([
    ['http://mcp.example/mcp', /must be https/],
    ['https://mcp.example/mcp?x', /must be an http\(s\) URL/],
    ['mcp.example', /must be an http\(s\) URL/],
  ])('refuses %s as a resource', async (resource, message) => {
    await expect(libraryRig({ resource })).rejects.toThrow(message);
  });

  /** What plain JavaScript may hand in, where no compiler warns. */
  const create = (options: object) => () =>
    createResourceServer({ resource: 'https://mcp.example/mcp', issuers: [], ...options } as never);
  const issuer = 'https://idp.example';

  it.each<[string, object, string]>([
    ['no issuers', { issuers: undefined }, 'issuers must be a list'],
    ['a misspelt option', { polcy: {} }, 'polcy is no option; there are resource, issuers, policy'],
    ['a misspelt mode of DPoP', { dpop: 'on' }, 'dpop must be one of off, optional, required'],
    [
      'a misspelt mode of challenges',
      { challengeScopes: 'none' },
      'challengeScopes must be one of auto, required, all',
    ],
    [
      'a misspelt option of an issuer',
      { issuers: [{ issuer, audiense: 'mcp' }] },
      'issuer https://idp.example: audiense is no option; there are issuer, provider, audience',
    ],
    [
      'a misspelt validation',
      { issuers: [{ issuer, validation: 'none' }] },
      'issuer https://idp.example: validation must be one of auto, jwt, introspection',
    ],
    [
      'introspection of every token without a client',
      { issuers: [{ issuer, validation: 'introspection' }] },
      'issuer https://idp.example is to be asked about tokens: set client',
    ],
    [
      'introspection of one tool without a client',
      {
        issuers: [issuer],
        policy: { tools: [{ match: 'purge', scopes: ['mcp:admin'], introspect: true }] },
      },
      'issuer https://idp.example: client is needed, since a rule of the policy has introspect: true',
    ],
    [
      'what the provider has no use for, in the words of options',
      { issuers: [{ issuer: 'https://accounts.google.com' }] },
      'set allowedClients to the client ids',
    ],
  ])('refuses %s', (_what, options, message) => {
    expect(create(options)).toThrow(TypeError);
    expect(create(options)).toThrow(message);
  });
});
