import { expect, it } from 'vitest';
import { logCaveats } from '../../src/cli/caveats.ts';
import type { LogFields } from '../../src/core/ports.ts';
import { files, load } from '../config/loading.ts';

function warnings(yaml: string): [string, LogFields | undefined][] {
  const { services } = load({ MCP_OAUTH_CONFIG_FILE: 'c.yaml' }, files({ 'c.yaml': yaml }));
  const warned: [string, LogFields | undefined][] = [];
  const other = (): void => expect.unreachable();
  const warn = (event: string, fields?: LogFields): void => void warned.push([event, fields]);
  logCaveats(services, { debug: other, info: other, warn, error: other });
  return warned;
}

const upstreams = `upstreams:
  - { resource: https://mcp.example/a, upstream: "http://127.0.0.1:9001/mcp" }
  - { resource: https://mcp.example/b, upstream: "http://127.0.0.1:9002/mcp" }
`;

it('has nothing to say about tokens that are made for one resource', () => {
  expect(warnings(`issuer: https://idp.example/\n${upstreams}`)).toEqual([]);
});

it('warns of an audience that opens several services', () => {
  expect(
    warnings(`issuer: https://idp.example/\naudience: [one, api]\n${upstreams}`),
  ).toContainEqual([
    'audience_shared',
    {
      issuer: 'https://idp.example/',
      audience: 'api',
      resources: ['https://mcp.example/a', 'https://mcp.example/b'],
    },
  ]);
});

it('says once for each issuer what its tokens are not', () => {
  const google = `issuer: https://accounts.google.com\nallowedClients: us\n${upstreams}`;
  expect(warnings(google).map(([event]) => event)).toEqual(['issuer_caveat', 'audience_shared']);
});
