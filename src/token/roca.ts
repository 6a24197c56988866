/** Odd primes by whose product the flawed library chose its primes. */
const primes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
  103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/** Remainders that powers of 65537 can leave. */
function reachable(prime: number): ReadonlySet<number> {
  const remainders = new Set<number>();
  for (let power = 1; !remainders.has(power); power = (power * 65_537) % prime)
    remainders.add(power);
  return remainders;
}

const remaindersByPrime: readonly (readonly [number, ReadonlySet<number>])[] = primes.map(
  (prime) => [prime, reachable(prime)],
);

/**
 * Whether an RSA modulus bears the fingerprint of keys that can be factored because a chip's
 * library built their primes from powers of 65537 (ROCA, CVE-2017-15361). About one sound key in
 * 2^27 bears it too.
 *
 * @param modulus big-endian bytes.
 */
export function hasRocaFingerprint(modulus: Uint8Array): boolean {
  return remaindersByPrime.every(([prime, remainders]) =>
    remainders.has(modulus.reduce((remainder, byte) => (remainder * 256 + byte) % prime, 0)),
  );
}
