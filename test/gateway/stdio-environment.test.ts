import { describe, expect, it } from 'vitest';
import { parseEnvironmentTemplate } from '../../src/core/environment-template.ts';
import { childEnvironment, principalHash } from '../../src/gateway/stdio-environment.ts';
import { principalNamed } from '../support/stdio-front.ts';

function fill(value: string, claims = {}): string | undefined {
  const template = parseEnvironmentTemplate(value, () => undefined);
  if (typeof template === 'string') throw new Error(template);
  return childEnvironment({ VALUE: template }, principalNamed('alice', claims), {}).VALUE;
}

describe('the environment of a child', () => {
  it('has what a program needs to run, and nothing else of the gateway’s', () => {
    const own = {
      ...{ PATH: '/bin', HOME: '/root', LANG: 'C.UTF-8', PORT: '80', HOST: '::' },
      ...{ MCP_OAUTH_CLIENT_SECRET: 's', MCP_OAUTH_ISSUER: 'i', AWS_SECRET_ACCESS_KEY: 's' },
      ...{ NODE_OPTIONS: '--import x', npm_config_token: 't' },
    };
    const given = childEnvironment({}, principalNamed('alice'), own);
    expect(given).toEqual({ PATH: '/bin', HOME: '/root', LANG: 'C.UTF-8' });
  });

  it('has the variables that are configured, with what they ask for', () => {
    expect(fill('/data/{claim.team}/x', { team: 'blue' })).toBe('/data/blue/x');
    expect(fill('{claim.number}', { number: 42 })).toBe('42');
  });

  it('knows principals apart by issuer and subject, in an alphabet for file names', () => {
    const alice = principalNamed('alice');
    const hashes = [
      alice,
      principalNamed('Alice'),
      { ...alice, issuer: 'https://other.test' },
      { ...alice, subject: null },
      { ...alice, subject: null, clientId: 'd' },
      { ...alice, subject: null, clientId: 'alice' },
    ].map(principalHash);
    expect(new Set(hashes).size).toBe(hashes.length);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect(principalHash({ ...alice, clientId: 'other', claims: { a: 1 } })).toBe(hashes[0]);
    expect(fill('{principal}')).toBe(hashes[0]);
  });

  it('stays the same from release to release, since stores are named after it', () => {
    expect(principalHash(principalNamed('alice'))).toBe('424782fd6c2f88a87df3a6a1259a0fc3');
  });

  it.each<[string, unknown]>([
    ['is missing', undefined],
    ['is empty', ''],
    ['is a list', ['blue']],
    ['is an object', { name: 'blue' }],
    ['is true', true],
    ['is no number', Number.NaN],
    ['is a rounded number', 2 ** 53],
    ['is negative', -1],
    ['climbs up', '..'],
    ['climbs up inside', 'a/../../b'],
    ['has two dots', 'a..b'],
    ['is a path', 'blue/green'],
    ['is a path elsewhere', 'blue\\green'],
    ['is hidden', '.blue'],
    ['is an option', '-rf'],
    ['has a blank', 'blue green'],
    ['has a line end', 'blue\n'],
    ['has a NUL', 'blue\0'],
    ['would be expanded', '$' + 'HOME'],
    ['is not ASCII', 'blåu'],
    ['is too long', 'x'.repeat(129)],
  ])('refuses whom a claim does not name safely: it %s', (_, value) => {
    expect(() => fill('{claim.team}', { team: value })).toThrow(
      expect.objectContaining({ code: 'operation_denied' }),
    );
  });

  it('takes no claim from where objects keep their methods', () => {
    expect(() => fill('{claim.constructor}')).toThrow();
  });

  it('refuses a token that names nobody, and shares one without protection', () => {
    const nobody = { ...principalNamed(''), subject: null, clientId: null };
    expect(() => principalHash(nobody)).toThrow(
      expect.objectContaining({ code: 'operation_denied' }),
    );
    expect(principalHash({ ...nobody, issuer: '' })).toMatch(/^[0-9a-f]{32}$/);
  });
});
