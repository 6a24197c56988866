import { describe, expect, it } from 'vitest';
import { ownHeaderProblem } from '../../src/config/header-name.ts';

describe('ownHeaderProblem', () => {
  it.each(['x-user', 'x-forwarded-user', 'x-doorman-jwt-assertion', 'remote-user', 'x-api-key'])(
    'finds nothing wrong with %s',
    (name) => {
      expect(ownHeaderProblem(name)).toBeNull();
    },
  );

  it.each([
    '',
    'x_user',
    'x.user',
    'x user',
    'x-user:',
    'x-usér',
    '-x',
    '1x',
    'a'.repeat(65),
    'x\n',
  ])('wants a plain name, unlike %j', (name) => {
    expect(ownHeaderProblem(name)).toMatch(/^is no plain name/);
  });

  it.each(['accept', 'user-agent', 'x-request-id', 'baggage', 'mcp-session-id', 'mcp-user'])(
    'refuses %s, which a client could send',
    (name) => {
      expect(ownHeaderProblem(name)).toMatch(/^is a header that clients send/);
    },
  );

  it.each([
    'host',
    'connection',
    'keep-alive',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'expect',
    'content-length',
    'content-type',
    'accept-encoding',
    'proxy-authorization',
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-prefix',
    'cookie',
    'origin',
    'sec-fetch-site',
    'if-none-match',
    'access-control-request-method',
  ])('refuses %s, which means something else', (name) => {
    expect(ownHeaderProblem(name)).toMatch(/means something else/);
  });
});
