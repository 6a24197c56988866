import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { files, loadService, problems, sound } from './loading.ts';

const canary = 'cAnArY-sEcReT';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const jwk = JSON.stringify(privateKey.export({ format: 'jwk' }));
const withId = { ...sound, MCP_OAUTH_CLIENT_ID: 'us' };
const secretFile = { ...withId, MCP_OAUTH_CLIENT_SECRET_FILE: '/run/secret' };
const keyed = { ...withId, MCP_OAUTH_CLIENT_AUTH: 'private_key_jwt' };

describe('our client at the issuer', () => {
  it('takes its secret from the variable, byte for byte', () => {
    const env = { ...withId, MCP_OAUTH_CLIENT_SECRET: ` ${canary} ` };
    expect(loadService(env).issuers[0]?.client).toEqual({
      clientId: 'us',
      method: 'client_secret_basic',
      secret: ` ${canary} `,
    });
  });

  it.each(['', '\n', '\r\n'])('takes its secret from a file that ends in %j', (end) => {
    const service = loadService(secretFile, files({ '/run/secret': ` ${canary} ${end}` }));
    expect(service.issuers[0]?.client?.secret).toBe(` ${canary} `);
  });

  it('keeps a second line end, which may belong to the secret', () => {
    const service = loadService(secretFile, files({ '/run/secret': `${canary}\n\n` }));
    expect(service.issuers[0]?.client?.secret).toBe(`${canary}\n`);
  });

  it.each([
    ['PKCS #8', pem],
    ['JWK', jwk],
  ])('takes a private key as %s', (_, key) => {
    const service = loadService({ ...keyed, MCP_OAUTH_CLIENT_SECRET: key });
    expect(service.issuers[0]?.client).toEqual({
      clientId: 'us',
      method: 'private_key_jwt',
      secret: key,
    });
  });

  it('does not exist unless configured', () => {
    expect(loadService(sound).issuers[0]?.client).toBeNull();
  });

  it('cannot get its secret by a flag', () => {
    const flags = { clientSecret: canary };
    expect(problems(withId, { flags })).toEqual([
      'MCP_OAUTH_CLIENT_SECRET: is not set, but the client "us" needs it. Give the secret here, or name its file in MCP_OAUTH_CLIENT_SECRET_FILE.',
    ]);
  });
});

const secret = { MCP_OAUTH_CLIENT_SECRET: canary };

describe('what is wrong with it', () => {
  it.each<[string, Record<string, string>, string | null, RegExp]>([
    ['no secret', withId, null, /^MCP_OAUTH_CLIENT_SECRET: is not set.*Give the secret here/],
    ['no key', keyed, null, /^MCP_OAUTH_CLIENT_SECRET: is not set.*Give the private key here/],
    [
      'two secrets',
      { ...secretFile, ...secret },
      canary,
      /^MCP_OAUTH_CLIENT_SECRET_FILE: cannot be combined with MCP_OAUTH_CLIENT_SECRET/,
    ],
    [
      'no file',
      secretFile,
      null,
      /^MCP_OAUTH_CLIENT_SECRET_FILE: cannot read \/run\/secret \(ENOENT\)$/,
    ],
    ['an empty file', secretFile, '\n', /^MCP_OAUTH_CLIENT_SECRET_FILE: names .*which is empty/],
    ['a blank file', secretFile, ' \n', /^MCP_OAUTH_CLIENT_SECRET_FILE: names .*which is empty/],
    ['an empty variable', { ...withId, MCP_OAUTH_CLIENT_SECRET: '' }, null, /is empty/],
    [
      'a secret without a client',
      { ...sound, ...secret },
      null,
      /^MCP_OAUTH_CLIENT_ID: is not set, but MCP_OAUTH_CLIENT_SECRET needs it/,
    ],
    [
      'a secret file without a client',
      { ...sound, MCP_OAUTH_CLIENT_SECRET_FILE: '/run/secret' },
      canary,
      /^MCP_OAUTH_CLIENT_ID: is not set, but MCP_OAUTH_CLIENT_SECRET_FILE needs it/,
    ],
    [
      'a method without a client',
      { ...sound, MCP_OAUTH_CLIENT_AUTH: 'client_secret_post' },
      null,
      /^MCP_OAUTH_CLIENT_ID: is not set, but MCP_OAUTH_CLIENT_AUTH needs it/,
    ],
    [
      'an endpoint without a client',
      { ...sound, MCP_OAUTH_INTROSPECTION_URI: 'https://idp.example/introspect' },
      null,
      /^MCP_OAUTH_CLIENT_ID: is not set, but MCP_OAUTH_INTROSPECTION_URI needs it/,
    ],
    [
      'a shared secret for a key',
      { ...keyed, ...secret },
      null,
      /^MCP_OAUTH_CLIENT_SECRET: holds no private key .*MCP_OAUTH_CLIENT_AUTH=private_key_jwt/,
    ],
    [
      'a public key',
      {
        ...keyed,
        MCP_OAUTH_CLIENT_SECRET: JSON.stringify({
          ...publicKey.export({ format: 'jwk' }),
          kid: canary,
        }),
      },
      null,
      /^MCP_OAUTH_CLIENT_SECRET: holds no private key/,
    ],
    [
      'a key in another wrapping',
      {
        ...keyed,
        MCP_OAUTH_CLIENT_SECRET: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
      },
      null,
      /^MCP_OAUTH_CLIENT_SECRET: holds no private key/,
    ],
    [
      'a file that holds no key',
      { ...keyed, MCP_OAUTH_CLIENT_SECRET_FILE: '/run/secret' },
      `{ "${canary}"`,
      /^MCP_OAUTH_CLIENT_SECRET_FILE: holds no private key/,
    ],
  ])('refuses %s, without showing the secret', (_, env, text, message) => {
    const found = problems(env, files(text === null ? {} : { '/run/secret': text }));
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(found.join()).not.toContain(canary);
  });

  it('is told beside everything else, and the secret still is not', () => {
    const env = {
      MCP_OAUTH_CLIENT_SECRET: canary,
      MCP_OAUTH_CLIENT_SECRETS: canary,
      MCP_OAUTH_VALIDATION: 'x',
      PORT: 'x',
    };
    const found = problems(env);
    expect(found.length).toBeGreaterThanOrEqual(5);
    expect(found.join()).not.toContain(canary);
  });
});
