import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { collectToolScopes, withScopes } from '../../src/index.ts';

const answer = () => ({ content: [] });

describe('collectToolScopes', () => {
  it('finds what registrations declare, and nothing for those that declare nothing', () => {
    const scopes = collectToolScopes((server: McpServer) => {
      server.registerTool('purge', withScopes(['admin'], { description: 'All gone' }), answer);
      server.registerTool('add', { description: 'One more' }, answer);
      server.registerTool('ping', withScopes([], {}), answer);
    });
    expect(scopes).toEqual({ purge: ['admin'], ping: [] });
  });

  it('puts up with whatever else is done to a server', () => {
    const scopes = collectToolScopes((server: McpServer) => {
      server.registerResource('a', 'file:///a', {}, async () => ({ contents: [] })).disable();
      server.server.onclose = () => {};
      const tool = server.registerTool('purge', withScopes(['admin'], {}), answer);
      tool.update({ title: 'Purge' });
      tool.disable();
    });
    expect(scopes).toEqual({ purge: ['admin'] });
  });

  it('refuses a tool that is registered twice, of which one might be forgotten', () => {
    const twice = () =>
      collectToolScopes((server: McpServer) => {
        server.registerTool('purge', withScopes(['admin'], {}), answer);
        server.registerTool('purge', {}, answer);
      });
    expect(twice).toThrow(new TypeError('tool purge is registered twice'));
  });
});

describe('withScopes', () => {
  it('changes nothing that a client of the server could see', () => {
    const config = { description: 'All gone' };
    const declared = withScopes(['admin'], config);
    expect(JSON.stringify(declared)).toBe(JSON.stringify(config));
    expect(Object.keys(declared)).toEqual(['description']);
    expect(Object.getOwnPropertySymbols(config)).toEqual([]);
  });
});
