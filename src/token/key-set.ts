import type { Ports } from '../core/ports.ts';
import type { SignatureAlgorithm } from '../core/provider.ts';
import { failure, type Outcome } from './exchange.ts';
import { fetchJson } from './fetch-json.ts';
import { readKey, type UnusableKey, type VerificationKey } from './jwk.ts';

const maxKeys = 100;

/** The keys of an issuer as published at one moment; at least one of them is usable. */
export interface KeySet {
  readonly keys: readonly VerificationKey[];
  readonly unusable: readonly UnusableKey[];
}

/**
 * Fetches a JWK set (RFC 7517 section 5) and screens its keys one by one. More than 100 keys are a
 * failure and not cut: which ones to drop would be a guess. A set without a usable key is a
 * failure too, so that a mistake at the provider does not replace good keys. Never rejects.
 *
 * @param algorithms the issuer's allow-list.
 */
export async function fetchKeySet(
  url: string,
  algorithms: readonly SignatureAlgorithm[],
  ports: Ports,
): Promise<Outcome<KeySet>> {
  const answer = await fetchJson(url, ports);
  if (!answer.ok) return answer;
  const members = answer.value.keys;
  if (!Array.isArray(members)) return failure('no keys array');
  if (members.length > maxKeys) return failure(`${members.length} keys`);
  const read = await Promise.all(members.map((member) => readKey(member, algorithms)));
  const keys = read.filter((key) => key.usable);
  const unusable = read.filter((key) => !key.usable);
  if (keys.length > 0) return { ok: true, value: { keys, unusable } };
  const reasons = [...new Set(unusable.map(({ reason }) => reason))];
  return failure(['no usable key', ...reasons].join(', '));
}
