import { base64url } from 'jose';
import { LRUCache } from 'lru-cache';
import { DoormanError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import { type StaticToken, staticIssuer } from '../core/static-token.ts';
import { parseTokenHash, type TokenHash } from '../core/token-hash.ts';
import type { Principal } from '../core/types.ts';
import { createArgon2Trials } from './argon2.ts';
import { equalBytes, sha256 } from './sha256.ts';

/** The operator's own tokens, which need no issuer. */
export interface StaticTokens {
  /**
   * @returns `null` for what is none of them.
   * @throws DoormanError `token_expired`, with the scopes it held; `issuer_unavailable` where too
   *   many unknown tokens are being tried against argon2id hashes at once.
   */
  find(token: string): Promise<Principal | null>;
}

type Entry<Kind extends TokenHash['kind']> = {
  readonly token: StaticToken;
  readonly hash: Extract<TokenHash, { readonly kind: Kind }>;
};

const maxRemembered = 10_000;

function readEntry(token: StaticToken): Entry<'sha256'> | Entry<'argon2id'> {
  const hash = parseTokenHash(token.hash);
  if (typeof hash === 'string')
    throw new TypeError(`The hash of static token ${token.name} ${hash}`);
  // No time is past NaN: a date that could not be read would never come.
  if (Number.isNaN(token.expiresAt))
    throw new TypeError(`expiresAt of static token ${token.name} is no number`);
  return hash.kind === 'sha256' ? { token, hash } : { token, hash };
}

function principalOf({ name, scopes, expiresAt }: StaticToken, clock: Clock): Principal {
  if (expiresAt !== null && clock.now() / 1_000 >= expiresAt)
    throw new DoormanError('token_expired', {
      detail: { staticToken: name, exp: expiresAt },
      scopes: [...scopes],
    });
  return {
    issuer: staticIssuer,
    subject: name,
    clientId: null,
    scopes: new Set(scopes),
    expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
    claims: {},
  };
}

/** What an OAuth issuer signed must not wait for argon2id, which is for words that people choose. */
function isJwt(token: string): boolean {
  return token.startsWith('eyJ') && token.split('.').length === 3;
}

/**
 * Recognises static tokens by their hashes. Digests are compared in constant time, and every entry
 * is looked at, so that time tells nothing. A token is tried against argon2id hashes once: what came
 * of it is remembered under its digest, since neither token nor hash can change. JWTs are not tried
 * against argon2id at all, so that OAuth users never wait for it.
 *
 * Expiry is judged at each call on the wall clock, without leeway: the clock is the operator's own.
 *
 * @throws TypeError for a hash or an expiry that cannot be read.
 */
export function createStaticTokens(
  tokens: readonly StaticToken[],
  { clock }: { readonly clock: Clock },
): StaticTokens {
  const entries = tokens.map(readEntry);
  const quick = entries.filter((entry) => entry.hash.kind === 'sha256');
  const costly = entries.filter(
    (entry): entry is Entry<'argon2id'> => entry.hash.kind === 'argon2id',
  );
  const trials = createArgon2Trials();
  const proven = new Map<string, StaticToken>();
  const refused = new LRUCache<string, true>({ max: maxRemembered });
  const running = new Map<string, Promise<StaticToken | null>>();

  async function attempt(token: string, key: string): Promise<StaticToken | null> {
    try {
      const matches = await trials.attempt(
        token,
        costly.map(({ hash }) => hash),
      );
      const found = costly.find((_, index) => matches[index])?.token ?? null;
      if (found === null) refused.set(key, true);
      else proven.set(key, found);
      return found;
    } finally {
      running.delete(key);
    }
  }

  async function findCostly(token: string, digest: Uint8Array): Promise<StaticToken | null> {
    const key = base64url.encode(digest);
    const known = proven.get(key);
    if (known !== undefined) return known;
    if (costly.length === 0 || isJwt(token) || refused.has(key)) return null;
    const trial = running.get(key) ?? attempt(token, key);
    running.set(key, trial);
    return trial;
  }

  return {
    async find(token) {
      const digest = await sha256(token);
      const matches = quick.filter(({ hash }) => equalBytes(hash.digest, digest));
      const found = matches[0]?.token ?? (await findCostly(token, digest));
      return found === null ? null : principalOf(found, clock);
    },
  };
}
