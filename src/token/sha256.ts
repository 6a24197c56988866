import { base64url } from 'jose';

const encoder = new TextEncoder();

/** SHA-256 of bytes, or of a text in UTF-8. */
export async function sha256(data: string | Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const bytes = typeof data === 'string' ? encoder.encode(data) : data;
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** SHA-256 as OAuth writes it in `ath`, `jkt` and `x5t#S256`: base64url without padding. */
export async function sha256Base64Url(data: string | Uint8Array<ArrayBuffer>): Promise<string> {
  return base64url.encode(await sha256(data));
}

/** Compares in a time that does not tell where two values of the same length differ. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}
