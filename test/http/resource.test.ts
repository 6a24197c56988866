import { describe, expect, it } from 'vitest';
import { splitResource } from '../../src/http/resource.ts';

describe('splitResource', () => {
  it.each([
    ['https://h/mcp', { origin: 'https://h', path: '/mcp', endpoint: '/mcp' }],
    ['HTTPS://H:443/mcp/', { origin: 'HTTPS://H:443', path: '/mcp/', endpoint: '/mcp/' }],
    ['http://[::1]:3000', { origin: 'http://[::1]:3000', path: '', endpoint: '/' }],
  ])('takes %s apart as it stands', (resource, parts) => {
    expect(splitResource(resource)).toEqual(parts);
  });

  it.each(['mcp.example/mcp', 'ftp://h/mcp', 'https://h/mcp?x=1', 'https://h/mcp#f', ''])(
    'refuses %j',
    (resource) => {
      expect(() => splitResource(resource)).toThrow(TypeError);
    },
  );
});
