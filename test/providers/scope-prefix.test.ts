import { describe, expect, it } from 'vitest';
import { scopeNames } from '../../providers/scope-prefix.ts';

const resource = 'https://mcp.example/mcp';

describe('scopes with a prefix', () => {
  it.each([resource, `${resource}/`])('are asked for with one slash after %s', (prefix) => {
    expect(scopeNames(prefix).request('tools.read')).toBe(`${resource}/tools.read`);
  });

  it('are read by their short names', () => {
    const claim = `openid ${resource}/tools.read`;
    expect([...scopeNames(resource).read(claim)]).toEqual(['openid', 'tools.read']);
  });

  it.each([
    'https://other.example/mcp/tools.read',
    `${resource}x/tools.read`,
    `${resource}/`,
    resource,
  ])('leave %s as it is', (scope) => {
    expect([...scopeNames(resource).read([scope])]).toEqual([scope]);
  });

  it('are the policy scopes themselves where there is no prefix', () => {
    const names = scopeNames('');
    expect(names.request('a:b')).toBe('a:b');
    expect([...names.read('a:b c')]).toEqual(['a:b', 'c']);
  });
});
