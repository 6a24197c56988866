import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { files, loadService, problems, sound } from './loading.ts';

const canary = 'cAnArY-sEcReT';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const texts = {
  '/run/token': `${canary}\n`,
  '/run/key': `${canary} with blanks\r\n`,
  '/run/pem': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  '/run/empty': '\n',
  '/run/lines': `${canary}\n${canary}\n`,
  '/run/umlaut': `${canary}ä`,
};

const identity = (env: Record<string, string>) =>
  loadService({ ...sound, ...env }, files(texts)).identity;
const found = (env: Record<string, string>) => problems({ ...sound, ...env }, files(texts));

describe('what the MCP server is told', () => {
  it('is nothing unless configured', () => {
    expect(identity({})).toEqual({ credentials: {}, headers: {}, assertion: null });
  });

  it.each([
    ['the variable', { MCP_OAUTH_UPSTREAM_TOKEN: canary }],
    ['a file', { MCP_OAUTH_UPSTREAM_TOKEN_FILE: '/run/token' }],
  ])('may be a bearer token of ours, from %s', (_what, env) => {
    expect(identity(env).credentials).toEqual({ authorization: `Bearer ${canary}` });
  });

  it('may be other headers, each from a file', () => {
    const env = { MCP_OAUTH_UPSTREAM_HEADER_FILES: 'X-Api-Key=/run/token, Authorization=/run/key' };
    expect(identity(env).credentials).toEqual({
      'x-api-key': canary,
      authorization: `${canary} with blanks`,
    });
  });

  it('may be who calls, in headers', () => {
    const env = {
      MCP_OAUTH_IDENTITY_HEADERS:
        'X-User=subject X-Client=client,X-Scopes=scopes,X-Issuer=issuer,X-Team=claim.https://example.com/a=b',
    };
    expect(identity(env).headers).toEqual({
      'x-user': 'subject',
      'x-client': 'client',
      'x-scopes': 'scopes',
      'x-issuer': 'issuer',
      'x-team': 'claim.https://example.com/a=b',
    });
  });

  it('may be who calls, in a signed assertion for this server alone', () => {
    const env = {
      MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9000/mcp?key=1',
      MCP_OAUTH_ASSERTION_HEADER: 'X-Doorman-Jwt-Assertion',
      MCP_OAUTH_ASSERTION_CLAIMS: 'email, groups',
    };
    expect(identity(env).assertion).toEqual({
      header: 'x-doorman-jwt-assertion',
      key: null,
      claims: ['email', 'groups'],
      audience: 'http://127.0.0.1:9000/mcp',
    });
  });

  it('takes the key of assertions from a file', () => {
    const env = {
      MCP_OAUTH_ASSERTION_HEADER: 'Authorization',
      MCP_OAUTH_ASSERTION_KEY_FILE: '/run/pem',
    };
    expect(identity(env).assertion).toMatchObject({
      header: 'authorization',
      key: { algorithm: 'ES256', jwk: privateKey.export({ format: 'jwk' }) },
    });
  });
});

describe('what is wrong with it', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    [
      'two tokens',
      { MCP_OAUTH_UPSTREAM_TOKEN: canary, MCP_OAUTH_UPSTREAM_TOKEN_FILE: '/run/token' },
      /^MCP_OAUTH_UPSTREAM_TOKEN_FILE: cannot be combined/,
    ],
    [
      'no file',
      { MCP_OAUTH_UPSTREAM_TOKEN_FILE: '/run/none' },
      /^MCP_OAUTH_UPSTREAM_TOKEN_FILE: cannot read \/run\/none \(ENOENT\)$/,
    ],
    ...['/run/empty', '/run/lines', '/run/umlaut', '/run/key'].map(
      (path): [string, Record<string, string>, RegExp] => [
        `no token in ${path}`,
        { MCP_OAUTH_UPSTREAM_TOKEN_FILE: path },
        /^MCP_OAUTH_UPSTREAM_TOKEN_FILE: holds no token/,
      ],
    ),
    [
      'a token with a line end',
      { MCP_OAUTH_UPSTREAM_TOKEN: `${canary}\r\nX-User: root` },
      /^MCP_OAUTH_UPSTREAM_TOKEN: holds no token/,
    ],
    ...['/run/empty', '/run/lines', '/run/umlaut'].map(
      (path): [string, Record<string, string>, RegExp] => [
        `no value in ${path}`,
        { MCP_OAUTH_UPSTREAM_HEADER_FILES: `X-Key=${path}` },
        /^MCP_OAUTH_UPSTREAM_HEADER_FILES: .*holds no value of a header/,
      ],
    ),
    [
      'a header without a file',
      { MCP_OAUTH_UPSTREAM_HEADER_FILES: 'X-Key' },
      /^MCP_OAUTH_UPSTREAM_HEADER_FILES: x-key needs a file/,
    ],
    [
      'a credential in a header of MCP',
      { MCP_OAUTH_UPSTREAM_HEADER_FILES: 'Mcp-Key=/run/token' },
      /^MCP_OAUTH_UPSTREAM_HEADER_FILES: mcp-key is a header that clients send/,
    ],
    [
      'two credentials in one header',
      {
        MCP_OAUTH_UPSTREAM_TOKEN: canary,
        MCP_OAUTH_UPSTREAM_HEADER_FILES: 'Authorization=/run/token',
      },
      /^MCP_OAUTH_UPSTREAM_HEADER_FILES: authorization is set twice/,
    ],
    [
      'identity in a header that clients send',
      { MCP_OAUTH_IDENTITY_HEADERS: 'X-Request-Id=subject' },
      /^MCP_OAUTH_IDENTITY_HEADERS: x-request-id is a header that clients send/,
    ],
    [
      'identity in the header of credentials',
      { MCP_OAUTH_IDENTITY_HEADERS: 'Authorization=subject' },
      /^MCP_OAUTH_IDENTITY_HEADERS: authorization is for credentials/,
    ],
    [
      'identity of an unknown kind',
      { MCP_OAUTH_IDENTITY_HEADERS: 'X-User=sub' },
      /^MCP_OAUTH_IDENTITY_HEADERS: x-user must say what it tells/,
    ],
    [
      'a claim without a name',
      { MCP_OAUTH_IDENTITY_HEADERS: 'X-User=claim.' },
      /^MCP_OAUTH_IDENTITY_HEADERS: x-user must say what it tells/,
    ],
    [
      'one header for two things',
      { MCP_OAUTH_IDENTITY_HEADERS: 'X-User=subject,x-user=client' },
      /^MCP_OAUTH_IDENTITY_HEADERS: x-user is set twice/,
    ],
    [
      'several headers, all of them',
      { MCP_OAUTH_IDENTITY_HEADERS: 'X-User=sub,Cookie=subject,Authorization=subject' },
      /^MCP_OAUTH_IDENTITY_HEADERS: x-user must .*; cookie is a header .*; authorization is for/,
    ],
    [
      'several credentials, all of them',
      { MCP_OAUTH_UPSTREAM_HEADER_FILES: 'X-Key,Mcp-Key=/run/token,X-Other=/run/empty' },
      /^MCP_OAUTH_UPSTREAM_HEADER_FILES: x-key needs .*; mcp-key is .*; \/run\/empty holds no/,
    ],
    [
      'one header for identity and credential',
      {
        MCP_OAUTH_IDENTITY_HEADERS: 'X-Key=subject',
        MCP_OAUTH_UPSTREAM_HEADER_FILES: 'X-Key=/run/token',
      },
      /^MCP_OAUTH_IDENTITY_HEADERS: x-key is a credential already/,
    ],
    [
      'an assertion in a header of HTTP',
      { MCP_OAUTH_ASSERTION_HEADER: 'Cookie' },
      /^MCP_OAUTH_ASSERTION_HEADER: is a header that means something else/,
    ],
    [
      'an assertion where a token stands',
      { MCP_OAUTH_ASSERTION_HEADER: 'Authorization', MCP_OAUTH_UPSTREAM_TOKEN: canary },
      /^MCP_OAUTH_ASSERTION_HEADER: authorization is set to something else/,
    ],
    [
      'an assertion that repeats a claim of its own',
      { MCP_OAUTH_ASSERTION_HEADER: 'X-Who', MCP_OAUTH_ASSERTION_CLAIMS: 'email,sub,idp' },
      /^MCP_OAUTH_ASSERTION_CLAIMS: sub, idp is said already/,
    ],
    [
      'a key without an assertion',
      { MCP_OAUTH_ASSERTION_KEY_FILE: '/run/pem' },
      /^MCP_OAUTH_ASSERTION_KEY_FILE: has no effect without MCP_OAUTH_ASSERTION_HEADER/,
    ],
    [
      'claims without an assertion',
      { MCP_OAUTH_ASSERTION_CLAIMS: 'email' },
      /^MCP_OAUTH_ASSERTION_CLAIMS: has no effect without MCP_OAUTH_ASSERTION_HEADER/,
    ],
    [
      'a key that is none',
      { MCP_OAUTH_ASSERTION_HEADER: 'X-Who', MCP_OAUTH_ASSERTION_KEY_FILE: '/run/token' },
      /^MCP_OAUTH_ASSERTION_KEY_FILE: names \/run\/token, which holds no private key/,
    ],
  ])('is said with its setting, and without a secret: %s', (_what, env, message) => {
    const [problem, ...others] = found(env);
    expect(problem).toMatch(message);
    expect(others).toEqual([]);
    expect(problem).not.toContain(canary);
  });

  it('is a token in the configuration file', () => {
    const config = { ...texts, 'c.yaml': `upstreamToken: ${canary}\n` };
    const [problem] = problems({ ...sound, MCP_OAUTH_CONFIG_FILE: 'c.yaml' }, files(config));
    expect(problem).toMatch(/^c\.yaml:1:1: upstreamToken: does not belong into this file/);
    expect(problem).not.toContain(canary);
  });
});
