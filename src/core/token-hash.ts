/** What is known of a static token: enough to recognise it, not enough to use it. */
export type TokenHash =
  | { readonly kind: 'sha256'; readonly digest: Uint8Array }
  | {
      readonly kind: 'argon2id';
      readonly memoryKib: number;
      readonly passes: number;
      readonly lanes: number;
      readonly salt: Uint8Array;
      readonly digest: Uint8Array;
    };

/** The most work one trial may cost, since anybody can cause trials by sending made-up tokens. */
const argon2Limits = { memoryKib: 65_536, passes: 4, lanes: 16 } as const;

const sha256Hash = /^sha256:([0-9a-f]{64})$/i;
const argon2idHash =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,9})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function fromBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/**
 * Reads the hash of a static token: `sha256:` and 64 hexadecimal digits, or the PHC string of
 * argon2id version 19 (RFC 9106) with at most 64 MiB, 4 passes and 16 lanes.
 *
 * @returns the hash, or what is wrong with it as the end of a sentence. The text itself is not
 *   repeated there: it may be the token, put in the wrong place.
 */
export function parseTokenHash(text: string): TokenHash | string {
  const hex = sha256Hash.exec(text)?.[1];
  if (hex !== undefined) return { kind: 'sha256', digest: fromHex(hex) };
  const [whole, m, t, p, saltText = '', digestText = ''] = argon2idHash.exec(text) ?? [];
  const salt = fromBase64(saltText);
  const digest = fromBase64(digestText);
  if (whole === undefined || salt === null || digest === null)
    return 'must be sha256: with 64 hexadecimal digits, or an argon2id PHC string ($argon2id$v=19$…)';
  const [memoryKib, passes, lanes] = [Number(m), Number(t), Number(p)];
  const { memoryKib: mostKib, passes: mostPasses, lanes: mostLanes } = argon2Limits;
  if (memoryKib > mostKib || passes > mostPasses || lanes > mostLanes)
    return `must cost at most m=${mostKib},t=${mostPasses},p=${mostLanes}, since anybody can make the server compute it`;
  if (memoryKib < 8 * lanes) return 'must have m of at least 8 times p (RFC 9106 section 3.1)';
  return { kind: 'argon2id', memoryKib, passes, lanes, salt, digest };
}
