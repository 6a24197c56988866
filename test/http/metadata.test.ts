import { describe, expect, it } from 'vitest';
import { signatureAlgorithms } from '../../src/core/provider.ts';
import { resourceMetadata } from '../../src/http/metadata.ts';

const options = {
  resource: 'https://mcp.example/mcp',
  authorizationServers: ['https://tenant.auth0.example/'],
  scopes: ['mcp:read'],
};

function request(method = 'GET', headers: Record<string, string> = {}): Request {
  return new Request('http://127.0.0.1/', { method, headers });
}

describe('resourceMetadata', () => {
  it('publishes resource and issuers byte for byte', async () => {
    const response = resourceMetadata(options).respond(request());
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(await response.json()).toEqual({
      resource: 'https://mcp.example/mcp',
      authorization_servers: ['https://tenant.auth0.example/'],
      scopes_supported: ['mcp:read'],
      bearer_methods_supported: ['header'],
    });
  });

  it('never normalises: upper case, default port and a bare origin stay as written', async () => {
    const resource = 'HTTPS://MCP.example:443';
    const metadata = resourceMetadata({ ...options, resource });
    expect((await metadata.respond(request()).json()).resource).toBe(resource);
    expect(metadata.url).toBe('HTTPS://MCP.example:443/.well-known/oauth-protected-resource');
  });

  it('leaves an empty scope list out', async () => {
    const metadata = resourceMetadata({ ...options, scopes: [] });
    expect(await metadata.respond(request()).json()).not.toHaveProperty('scopes_supported');
  });

  it.each([
    [
      'https://h/mcp',
      ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'],
    ],
    [
      'https://h/mcp/',
      ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'],
    ],
    [
      'https://h/a/b',
      ['/.well-known/oauth-protected-resource/a/b', '/.well-known/oauth-protected-resource'],
    ],
    ['https://h', ['/.well-known/oauth-protected-resource']],
    ['https://h/', ['/.well-known/oauth-protected-resource']],
  ])('serves the path-inserted and the root form for %s', (resource, paths) => {
    const metadata = resourceMetadata({ ...options, resource });
    expect(metadata.paths).toEqual(paths);
    expect(metadata.url).toBe(`https://h${paths[0]}`);
  });

  it('answers HEAD without a body, like GET otherwise', async () => {
    const metadata = resourceMetadata(options);
    const head = metadata.respond(request('HEAD'));
    expect([...head.headers]).toEqual([...metadata.respond(request()).headers]);
    expect(await head.text()).toBe('');
  });

  it('lets any web page read it, and sends preflights away with 204', () => {
    const { respond } = resourceMetadata(options);
    expect(respond(request()).headers.get('Access-Control-Allow-Origin')).toBe('*');
    const preflight = respond(request('OPTIONS', { Origin: 'https://any.example' }));
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('Access-Control-Allow-Headers')).toBe('*');
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])(
    'answers %s with 405 and what is allowed',
    (method) => {
      const response = resourceMetadata(options).respond(request(method));
      expect(response.status).toBe(405);
      expect(response.headers.get('Allow')).toBe('GET, HEAD, OPTIONS');
    },
  );

  it('may be cached, but not for long', () => {
    const header = resourceMetadata(options).respond(request()).headers.get('Cache-Control');
    expect(header).toBe('public, max-age=300');
  });

  it('is the same whatever the request says about hosts', async () => {
    const { respond } = resourceMetadata(options);
    const forwarded = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' };
    expect(await respond(request('GET', forwarded)).text()).toBe(await respond(request()).text());
  });
});

describe('resourceMetadata about bound tokens', () => {
  const algorithms = { dpop_signing_alg_values_supported: [...signatureAlgorithms] };
  const certificates = { tls_client_certificate_bound_access_tokens: true };

  it.each([
    ['nothing while all is off', 'off', null, {}],
    ['the algorithms where DPoP is optional', 'optional', null, algorithms],
    [
      'also the duty where DPoP is required',
      'required',
      null,
      { ...algorithms, dpop_bound_access_tokens_required: true },
    ],
    ['certificates where a proxy hands them over', 'off', 'Client-Cert', certificates],
  ] as const)('says %s', async (_, dpop, certificateHeader, members) => {
    const metadata = resourceMetadata({
      ...options,
      senderConstraint: { dpop, certificateHeader },
    });
    const document = await metadata.respond(request()).json();
    const about = Object.entries(document).filter(([name]) => /^(dpop|tls)_/.test(name));
    expect(Object.fromEntries(about)).toEqual(members);
  });
});
