import { describe, expect, it } from 'vitest';
import { files, loadService, problems, sound } from './loading.ts';

describe('sender-constrained tokens', () => {
  it('need nothing to be set: DPoP is off and no header counts', () => {
    expect(loadService(sound).senderConstraint).toEqual({
      dpop: 'off',
      dpopNonce: false,
      resource: 'http://localhost:3000/mcp',
      certificateHeader: null,
      trustedProxies: [],
    });
  });

  it('carry the resource, byte for byte, for what a proof must name', () => {
    const service = loadService({
      ...sound,
      MCP_OAUTH_RESOURCE: 'https://MCP.example:443/mcp',
      MCP_OAUTH_DPOP: 'required',
      MCP_OAUTH_DPOP_NONCE: 'true',
      MCP_OAUTH_CLIENT_CERTIFICATE_HEADER: 'Client-Cert',
      MCP_OAUTH_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.7 fd00::/8 ::1',
    });
    expect(service.senderConstraint).toEqual({
      dpop: 'required',
      dpopNonce: true,
      resource: 'https://MCP.example:443/mcp',
      certificateHeader: 'Client-Cert',
      trustedProxies: ['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::1'],
    });
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ MCP_OAUTH_DPOP_NONCE: 'true' }, /^MCP_OAUTH_DPOP_NONCE: has no effect while DPoP is off/],
    [
      { MCP_OAUTH_CLIENT_CERTIFICATE_HEADER: 'Client-Cert' },
      /^MCP_OAUTH_TRUSTED_PROXIES: is not set, and anybody could send/,
    ],
    [
      {
        MCP_OAUTH_CLIENT_CERTIFICATE_HEADER: 'Client Cert:',
        MCP_OAUTH_TRUSTED_PROXIES: '10.0.0.1',
      },
      /^MCP_OAUTH_CLIENT_CERTIFICATE_HEADER: is no name of a header/,
    ],
    [
      { MCP_OAUTH_DPOP: 'required', MCP_OAUTH_STATIC_TOKENS_FILE: 'tokens.yaml' },
      /^MCP_OAUTH_DPOP: cannot be required beside static tokens/,
    ],
  ])('refuse %j', (env, message) => {
    const options = files({ 'tokens.yaml': 'tokens: []' });
    expect(problems({ ...sound, ...env }, options)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    ['proxy.internal', /^MCP_OAUTH_TRUSTED_PROXIES: "proxy\.internal" is no IP address/],
    ['10.0.0.256', /is no IP address or CIDR range/],
    ['10.0.0.0/33', /is no IP address or CIDR range/],
    ['10.0.0.5/8', /with no bits set behind its prefix/],
    ['10.0.0.0/x', /is no IP address or CIDR range/],
    ['fd00::1::2', /is no IP address or CIDR range/],
    ['*', /is no IP address or CIDR range/],
    ['0.0.0.0/0', /^MCP_OAUTH_TRUSTED_PROXIES: 0\.0\.0\.0\/0 would trust everybody/],
    ['::/0', /would trust everybody/],
    ['::/1', /would trust everybody/],
    ['::ffff:0:0/96', /would trust everybody/],
    ['::ffff:0.0.0.0/96', /would trust everybody/],
  ])('trust no proxy %s', (proxy, message) => {
    const env = { ...sound, MCP_OAUTH_TRUSTED_PROXIES: `127.0.0.1 ${proxy}` };
    expect(problems(env)).toEqual([expect.stringMatching(message)]);
  });
});
