import { describe, expect, it } from 'vitest';
import { files, load, problems, sound } from './loading.ts';

const canary = 'cAnArY-pAsSwOrD';
const url = `rediss://doorman:${canary}@redis.internal:6379/2`;
const named = { ...sound, MCP_OAUTH_STORE_FILE: '/run/store' };

describe('the store that replicas share', () => {
  it('is not there unless configured', () => {
    expect(load(sound).storeUrl).toBeNull();
  });

  it.each([url, 'redis://localhost', 'redis://:secret@[::1]:6380', 'redis://localhost/'])(
    'may be %s',
    (text) => {
      expect(load({ ...sound, MCP_OAUTH_STORE: text }).storeUrl).toBe(text);
    },
  );

  it.each(['', '\n', '\r\n'])('comes from a file that ends in %j', (end) => {
    expect(load(named, files({ '/run/store': `${url}${end}` })).storeUrl).toBe(url);
  });

  it.each([
    ['another scheme', `https://u:${canary}@host`, 'must begin with redis:// or rediss://'],
    ['a blank', `redis://u:${canary}@host /1`, 'without blanks'],
    ['no URL', `redis://u:${canary}@host:port`, 'is not a URL'],
    ['no host', `redis://u:${canary}@/1`, 'is not a URL'],
    ['a query', `redis://u:${canary}@host?db=1`, 'must not have a query'],
    ['a path', `redis://u:${canary}@host/a/b`, 'database number'],
  ])('cannot be %s, and what is wrong is said without it', (_, text, complaint) => {
    const [byVariable] = problems({ ...sound, MCP_OAUTH_STORE: text });
    expect(byVariable).toMatch(/^MCP_OAUTH_STORE: /);
    expect(byVariable).toContain(complaint);
    const [byFile] = problems(named, files({ '/run/store': text }));
    expect(byFile).toMatch(/^MCP_OAUTH_STORE_FILE: names \/run\/store, whose text /);
    expect(byFile).toContain(complaint);
    expect(`${byVariable} ${byFile}`).not.toContain(canary);
  });

  it.each([
    ['both ways at once', { ...named, MCP_OAUTH_STORE: url }, 'cannot be combined'],
    [
      'by a file that is not there',
      { ...named, MCP_OAUTH_STORE_FILE: '/none' },
      'cannot read /none',
    ],
  ])('cannot be given %s', (_, env, complaint) => {
    const found = problems(env, files({ '/run/store': url }));
    expect(found.join()).toContain(complaint);
    expect(found.join()).not.toContain(canary);
  });
});

describe('how long a stream may outlive its token', () => {
  it.each([
    [{}, 30],
    [{ MCP_OAUTH_STREAM_LEEWAY: '0' }, 0],
    [{ MCP_OAUTH_STREAM_LEEWAY: '120' }, 120],
  ])('%j', (env, expected) => {
    expect(load({ ...sound, ...env }).streamLeewaySeconds).toBe(expected);
  });

  it.each(['-1', '1.5', '100000', 'ever'])('cannot be %s', (text) => {
    expect(problems({ ...sound, MCP_OAUTH_STREAM_LEEWAY: text })).toEqual([
      'MCP_OAUTH_STREAM_LEEWAY: must be 0 to 99999 seconds.',
    ]);
  });
});
