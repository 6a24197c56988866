import { describe, expect, it } from 'vitest';
import type { SenderConstraint } from '../../src/core/sender-constraint.ts';
import { clientCertificateReader } from '../../src/http/client-certificate.ts';

const constraint: SenderConstraint = {
  dpop: 'off',
  dpopNonce: false,
  resource: 'https://mcp.example/mcp',
  certificateHeader: 'Client-Cert',
  trustedProxies: ['10.0.0.0/8', '2001:db8::7'],
};
const headers = new Headers({ 'client-cert': ':YWJj:' });

describe('clientCertificateReader', () => {
  it.each(['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::7'])('believes the proxy at %s', (peer) => {
    expect(clientCertificateReader(constraint)(headers, peer)).toBe(':YWJj:');
  });

  it.each(['11.0.0.1', '127.0.0.1', '2001:db8::8', '', undefined])(
    'ignores the header of %s',
    (peer) => {
      expect(clientCertificateReader(constraint)(headers, peer)).toBeNull();
    },
  );

  it('ignores addresses that headers name', () => {
    const forged = new Headers([...headers, ['x-forwarded-for', '10.1.2.3']]);
    expect(clientCertificateReader(constraint)(forged, '203.0.113.9')).toBeNull();
  });

  it('finds nothing where the proxy sent no certificate', () => {
    expect(clientCertificateReader(constraint)(new Headers(), '10.1.2.3')).toBeNull();
  });

  it('reads no header where none is configured', () => {
    const read = clientCertificateReader({ ...constraint, certificateHeader: null });
    expect(read(headers, '10.1.2.3')).toBeNull();
  });

  it('refuses a header that nobody may send, and proxies that are no address', () => {
    expect(() => clientCertificateReader({ ...constraint, trustedProxies: [] })).toThrow(TypeError);
    expect(() =>
      clientCertificateReader({ ...constraint, trustedProxies: ['proxy.example'] }),
    ).toThrow('proxy.example is not an IP address or CIDR block');
  });
});
