import { randomBytes } from 'node:crypto';
import type { ForgedToken } from './forgery.ts';

/** Random characters as a token consists of them. */
function randomText(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length);
}

/**
 * Bad tokens where tokens are opaque: they carry no claims to edit, so what is left is to guess, to
 * damage, and to pass off another kind of token as an access token.
 */
export function forgeOpaqueTokens(token: string, refreshToken: string): readonly ForgedToken[] {
  const last = token.endsWith('A') ? 'B' : 'A';
  return [
    { title: 'made up, as long as a real one', token: randomText(token.length) },
    { title: 'cut short', token: token.slice(0, -8) },
    { title: 'one letter changed', token: token.slice(0, -1) + last },
    { title: 'a genuine refresh token', token: refreshToken },
  ];
}
