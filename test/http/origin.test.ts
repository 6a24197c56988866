import { describe, expect, it } from 'vitest';
import { originCheck } from '../../src/http/origin.ts';

const options = {
  resource: 'https://MCP.example/mcp',
  neighbours: ['https://other.example:8443/notes'],
  allowedOrigins: ['https://app.example'],
  allowedHosts: [] as string[],
  loopback: true,
};

function headers(fields: Record<string, string>): Headers {
  return new Headers(fields);
}

describe('checkHost', () => {
  it.each([
    'localhost',
    'localhost:3000',
    'LOCALHOST:1',
    '127.0.0.1:3000',
    '[::1]:3000',
    'mcp.example',
    'mcp.example:8080',
    'other.example:8443',
  ])('accepts %s on loopback', (host) => {
    expect(() => originCheck(options).checkHost(headers({ Host: host }))).not.toThrow();
  });

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', 'a, localhost', ''])(
    'refuses %j on loopback, against DNS rebinding',
    (host) => {
      expect(() => originCheck(options).checkHost(headers({ Host: host }))).toThrow(
        expect.objectContaining({ code: 'host_denied' }),
      );
    },
  );

  it('refuses a request without Host on loopback', () => {
    expect(() => originCheck(options).checkHost(headers({}))).toThrow(
      expect.objectContaining({ code: 'host_denied' }),
    );
  });

  it('looks at no host elsewhere, unless a list is set', () => {
    const elsewhere = { ...options, loopback: false };
    expect(() => originCheck(elsewhere).checkHost(headers({ Host: 'any.example' }))).not.toThrow();
    const listed = originCheck({
      ...elsewhere,
      allowedHosts: ['internal.example', 'b.example:81'],
    });
    for (const host of ['internal.example:99', 'Internal.Example', 'b.example:81', 'mcp.example']) {
      expect(() => listed.checkHost(headers({ Host: host }))).not.toThrow();
    }
    for (const host of ['any.example', 'b.example', 'b.example:82', 'localhost']) {
      expect(() => listed.checkHost(headers({ Host: host }))).toThrow(
        expect.objectContaining({ code: 'host_denied' }),
      );
    }
  });
});

describe('checkOrigin', () => {
  it.each([
    ['none at all', {}],
    ['a listed one', { Origin: 'https://app.example' }],
    ['the resource itself', { Origin: 'https://mcp.example' }],
    [
      'this server under its loopback name',
      { Origin: 'http://localhost:3000', Host: 'localhost:3000' },
    ],
  ])('accepts %s', (_, fields) => {
    expect(() =>
      originCheck(options).checkOrigin(headers(fields as Record<string, string>)),
    ).not.toThrow();
  });

  it.each([
    'https://evil.example',
    'null',
    'http://localhost.evil:3000',
    'http://localhost:9',
    'https://app.example.evil',
    'https://APP.example',
    'https://app.example/',
    'https://app.example, https://app.example',
    'http://app.example',
    'https://other.example:8443',
    'http://[::1]:3000',
    'file://',
    '',
  ])('refuses %j', (origin) => {
    expect(() =>
      originCheck(options).checkOrigin(headers({ Origin: origin, Host: 'localhost:3000' })),
    ).toThrow(expect.objectContaining({ code: 'origin_denied' }));
  });

  it('does not take a foreign Host for itself when it is not on loopback', () => {
    const { checkOrigin } = originCheck({ ...options, loopback: false });
    expect(() => checkOrigin(headers({ Origin: 'http://x.example', Host: 'x.example' }))).toThrow(
      expect.objectContaining({ code: 'origin_denied' }),
    );
  });
});

describe('CORS', () => {
  const preflightOf = (fields: Record<string, string>, method = 'OPTIONS'): Response | null =>
    originCheck(options).preflight(
      new Request('http://localhost:3000/mcp', { method, headers: fields }),
    );

  it('answers a preflight of a permitted origin with what MCP clients need', () => {
    const response = preflightOf({
      Origin: 'https://app.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization, DPoP, mcp-param-Region,cookie, x-user',
    });
    expect(response?.status).toBe(204);
    expect(response?.headers.get('Access-Control-Allow-Origin')).toBe('https://app.example');
    expect(response?.headers.get('Access-Control-Allow-Methods')).toBe('GET, POST, DELETE');
    expect(response?.headers.get('Access-Control-Allow-Headers')).toBe(
      'authorization, dpop, mcp-param-region',
    );
    expect(response?.headers.has('Access-Control-Allow-Credentials')).toBe(false);
  });

  it('grants no header where none was asked for', () => {
    const response = preflightOf({
      Origin: 'https://app.example',
      'Access-Control-Request-Method': 'GET',
    });
    expect(response?.headers.get('Access-Control-Allow-Headers')).toBe('');
  });

  it('refuses the preflight of another origin', () => {
    expect(() =>
      preflightOf({ Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' }),
    ).toThrow(expect.objectContaining({ code: 'origin_denied' }));
  });

  it('takes no other request for a preflight', () => {
    const origin = { Origin: 'https://app.example' };
    expect(preflightOf(origin)).toBeNull();
    expect(preflightOf({ 'Access-Control-Request-Method': 'POST' })).toBeNull();
    expect(preflightOf({ ...origin, 'Access-Control-Request-Method': 'POST' }, 'POST')).toBeNull();
  });

  it('exposes the challenge and the session to a permitted origin, and nothing to others', () => {
    const { corsHeaders } = originCheck(options);
    expect(corsHeaders(headers({ Origin: 'https://app.example' }))).toEqual({
      'Access-Control-Allow-Origin': 'https://app.example',
      'Access-Control-Expose-Headers': expect.stringContaining(
        'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id',
      ),
      Vary: 'Origin',
    });
    expect(corsHeaders(headers({ Origin: 'https://evil.example' }))).toEqual({});
    expect(corsHeaders(headers({}))).toEqual({});
  });
});
