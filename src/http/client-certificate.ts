import { isInRanges, parseAddressRange } from '../core/address-range.ts';
import type { SenderConstraint } from '../core/sender-constraint.ts';

/** Reads what a proxy says about the client's certificate; `null` where nobody trusted says it. */
export type ReadClientCertificate = (headers: Headers, peer: string | undefined) => string | null;

/**
 * Takes the certificate header from trusted proxies only: anybody else could claim any certificate
 * (RFC 8705 section 6.5, RFC 9440 section 4). The value is not looked at.
 *
 * @returns a reader that is given the request's headers and the address of the other end of its
 *   socket, never an address that a header names.
 * @throws TypeError for a proxy that is no IP address or CIDR block, or a header without proxies.
 */
export function clientCertificateReader({
  certificateHeader,
  trustedProxies,
}: SenderConstraint): ReadClientCertificate {
  const ranges = trustedProxies.map((text) => {
    const range = parseAddressRange(text);
    if (range === null) throw new TypeError(`${text} is not an IP address or CIDR block`);
    return range;
  });
  if (certificateHeader === null) return () => null;
  if (ranges.length === 0)
    throw new TypeError(`${certificateHeader} needs trustedProxies, or nobody may send it`);
  return (headers, peer) =>
    peer !== undefined && isInRanges(peer, ranges) ? headers.get(certificateHeader) : null;
}
