import { isInRanges, parseAddressRange } from '../core/address-range.ts';
import type { SenderConstraint } from '../core/sender-constraint.ts';
import type { Complain } from './findings.ts';
import type { SettingName, Settings } from './settings.ts';

const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Blocks that hold both hold all of IPv4, however they are written: `0.0.0.0/0`, `::ffff:0:0/96`, `::/1`. */
const endsOfIpv4 = ['0.0.0.0', '255.255.255.255'];

function proxyProblem(text: string): string | null {
  const range = parseAddressRange(text);
  if (range === null) {
    return `${JSON.stringify(text)} is no IP address or CIDR range such as 10.0.0.0/8, with no bits set behind its prefix`;
  }
  const isEverybody = endsOfIpv4.every((address) => isInRanges(address, [range]));
  return isEverybody ? `${text} would trust everybody. Name your proxies` : null;
}

/** What is asked of bound tokens, checked: nothing may trust a header that anybody can send. */
export function readSenderConstraint(
  settings: Settings,
  resource: string,
  complain: Complain<SettingName>,
): SenderConstraint {
  const { dpop, dpopNonce, clientCertificateHeader, trustedProxies } = settings;
  if (dpop === 'required' && settings.staticTokensFile !== undefined) {
    complain(
      'dpop',
      'cannot be required beside static tokens, which have no key. Set it to optional',
    );
  }
  if (dpopNonce && dpop === 'off') {
    complain(
      'dpopNonce',
      'has no effect while DPoP is off. Set MCP_OAUTH_DPOP to optional or required',
    );
  }
  for (const proxy of trustedProxies) complain('trustedProxies', proxyProblem(proxy));
  if (clientCertificateHeader !== undefined && !fieldName.test(clientCertificateHeader)) {
    complain('clientCertificateHeader', 'is no name of a header, such as Client-Cert');
  }
  if (clientCertificateHeader !== undefined && trustedProxies.length === 0) {
    complain(
      'trustedProxies',
      'is not set, and anybody could send the client certificate header. Name the proxies that set it',
    );
  }
  return {
    dpop,
    dpopNonce,
    resource,
    certificateHeader: clientCertificateHeader ?? null,
    trustedProxies,
  };
}
