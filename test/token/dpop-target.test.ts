import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameTarget } from '../../src/token/dpop-target.ts';

const url = 'https://mcp.example/mcp';

describe('sameTarget', () => {
  it.each([
    ['the URL itself', url],
    ['a query', `${url}?x=1`],
    ['a fragment', `${url}#x`],
    ['upper-case scheme and host', 'HTTPS://MCP.Example/mcp'],
    ['the default port', 'https://mcp.example:443/mcp'],
    ['an empty port', 'https://mcp.example:/mcp'],
    ['dot segments', 'https://mcp.example/a/../mcp'],
    ['a needless escape', 'https://mcp.example/%6dcp'],
  ])('ignores %s', (_, htu) => {
    expect(sameTarget(htu, url)).toBe(true);
  });

  it.each([
    ['another scheme', 'http://mcp.example/mcp'],
    ['another host', 'https://evil.example/mcp'],
    ['a host that begins alike', 'https://mcp.example.evil.example/mcp'],
    ['another port', 'https://mcp.example:8443/mcp'],
    ['another path', 'https://mcp.example/other'],
    ['a longer path', 'https://mcp.example/mcp/x'],
    ['a trailing slash', 'https://mcp.example/mcp/'],
    ['another case of the path', 'https://mcp.example/MCP'],
    ['no path', 'https://mcp.example'],
    ['a user', 'https://user@mcp.example/mcp'],
    ['an encoded slash', 'https://mcp.example/%2Fmcp'],
    ['backslashes', 'https:\\\\mcp.example\\mcp'],
    ['a tab', 'https://mcp.exa\tmple/mcp'],
    ['a blank before it', ` ${url}`],
    ['a path alone', '/mcp'],
    ['a protocol-relative URL', '//mcp.example/mcp'],
    ['another protocol', 'ftp://mcp.example/mcp'],
    ['one slash', 'https:/mcp.example/mcp'],
    ['nothing', ''],
    ['no URL', 'https://'],
  ])('minds %s', (_, htu) => {
    expect(sameTarget(htu, url)).toBe(false);
  });

  it('reads percent-encoding without regard to its case', () => {
    expect(sameTarget('https://h/%c3%a9', 'https://h/%C3%A9')).toBe(true);
    expect(sameTarget('https://h/%c3%a9', 'https://h/%C3%A8')).toBe(false);
  });

  it('accepts every URL as itself, and never throws', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.string(), (base, text) => {
        fc.pre(!/[\\']/.test(base));
        expect(sameTarget(base, base)).toBe(true);
        expect(typeof sameTarget(text, base)).toBe('boolean');
      }),
    );
  });
});
