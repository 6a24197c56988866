/** A block of IP addresses; version 4 is held as the version 6 block that stands for it. */
export interface AddressRange {
  readonly first: bigint;
  readonly prefixBits: bigint;
}

/** Of `::ffff:0:0/96`, RFC 4291 section 2.5.5.2; the 32 bits of the address come behind it. */
const mappedPrefix = 0xffffn;
const ipv6Bits = 128n;

function parseIpv4(text: string): bigint | null {
  const parts = text.split('.');
  const valid = parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  if (parts.length !== 4 || !valid) return null;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), mappedPrefix);
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}

function parseIpv6(text: string): bigint | null {
  const halves = text.split('::');
  const [head = '', tail] = halves;
  const groups = [...groupsOf(head), ...groupsOf(tail ?? '')];
  const missing = 8 - groups.length;
  if (halves.length > 2 || (tail === undefined ? missing !== 0 : missing < 1)) return null;
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  const zeros = Array<string>(missing).fill('0');
  return [...groupsOf(head), ...zeros, ...groupsOf(tail ?? '')].reduce(
    (sum, group) => (sum << 16n) | BigInt(`0x${group}`),
    0n,
  );
}

/** Node writes the address of an IPv4 peer on a dual-stack socket as `::ffff:192.0.2.1`. */
function parseAddress(text: string): bigint | null {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  return mapped === undefined && text.includes(':') ? parseIpv6(text) : parseIpv4(mapped ?? text);
}

/**
 * Reads an IP address or a CIDR block (RFC 4632, RFC 4291 section 2.3). Host names are not resolved,
 * and zone identifiers are not understood.
 *
 * @returns `null` for anything else, a block with bits set behind its prefix among them: `10.0.0.5/8`
 *   is a mistake more often than it is meant.
 */
export function parseAddressRange(text: string): AddressRange | null {
  const [address = '', prefix, ...rest] = text.split('/');
  const first = parseAddress(address);
  if (first === null || rest.length > 0) return null;
  if (prefix === undefined) return { first, prefixBits: ipv6Bits };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return null;
  const prefixBits = BigInt(prefix) + (address.includes(':') ? 0n : 96n);
  if (prefixBits > ipv6Bits) return null;
  const hostBits = ipv6Bits - prefixBits;
  return (first >> hostBits) << hostBits === first ? { first, prefixBits } : null;
}

/** Whether an address is in one of the blocks; what is no address is in none. */
export function isInRanges(address: string, ranges: readonly AddressRange[]): boolean {
  const value = parseAddress(address);
  if (value === null) return false;
  return ranges.some(({ first, prefixBits }) => {
    const hostBits = ipv6Bits - prefixBits;
    return value >> hostBits === first >> hostBits;
  });
}
