import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInRanges, parseAddressRange } from '../../src/core/address-range.ts';

function contains(range: string, address: string): boolean {
  const parsed = parseAddressRange(range);
  if (parsed === null) throw new Error(`${range} is no range`);
  return isInRanges(address, [parsed]);
}

describe('parseAddressRange', () => {
  it.each([
    'localhost',
    '',
    '10.0.0',
    '10.0.0.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0.5/8',
    '10.0.0.-1',
    'fe80::1%eth0',
    '::1::2',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '::/129',
    ':1',
    '1:::2',
    ':',
    '2001:db8::1/32',
    '[::1]',
    ' 10.0.0.1',
  ])('refuses %j', (text) => {
    expect(parseAddressRange(text)).toBeNull();
  });
});

describe('isInRanges', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::10.1.2.3', false],
    ['10.0.0.0/8', '::ffff:a01:203', true],
    ['10.0.0.0/8', '::ffff:0:0:a01:203', false],
    ['::ffff:a00:0/104', '10.1.2.3', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::1', '::1', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['2001:db8::/32', '2001:DB8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['::/0', '127.0.0.1', true],
    ['10.0.0.0/8', 'unix socket', false],
    ['10.0.0.0/8', '', false],
  ])('%s contains %s: %s', (range, address, expected) => {
    expect(contains(range, address)).toBe(expected);
  });

  it('contains nothing where no range is given', () => {
    expect(isInRanges('127.0.0.1', [])).toBe(false);
  });

  const families = [
    ['ipv4', 32, (value: bigint) => parts(value, 4, 8).join('.')],
    [
      'ipv6',
      128,
      (value: bigint) =>
        parts(value, 8, 16)
          .map((n) => n.toString(16))
          .join(':'),
    ],
  ] as const;

  function parts(value: bigint, count: number, bits: number): bigint[] {
    return Array.from(
      { length: count },
      (_, index) => (value >> BigInt(bits * (count - 1 - index))) & (2n ** BigInt(bits) - 1n),
    );
  }

  it.each(families)('agrees with node about every %s address and block', (family, size, write) => {
    const address = fc.bigInt({ min: 0n, max: 2n ** BigInt(size) - 1n });
    const prefix = fc.integer({ min: 1, max: size });
    fc.assert(
      fc.property(address, address, prefix, fc.boolean(), (block, other, bits, inside) => {
        const hostBits = BigInt(size - bits);
        const first = (block >> hostBits) << hostBits;
        const candidate = write(inside ? first + (other & (2n ** hostBits - 1n)) : other);
        const list = new BlockList();
        list.addSubnet(write(first), bits, family);
        expect(contains(`${write(first)}/${bits}`, candidate)).toBe(list.check(candidate, family));
        if (inside) expect(contains(`${write(first)}/${bits}`, candidate)).toBe(true);
      }),
    );
  });
});
