import { describe, expect, it } from 'vitest';
import { parseTokenHash } from '../../src/core/token-hash.ts';

const digest = 'a'.repeat(43);
const salt = 'c29tZXNhbHQ';
const phc = (parameters: string) => `$argon2id$v=19$${parameters}$${salt}$${digest}`;

describe('parseTokenHash', () => {
  it('reads SHA-256 in either case', () => {
    const lower = parseTokenHash(`sha256:${'0aff'.repeat(16)}`);
    expect(lower).toEqual({
      kind: 'sha256',
      digest: Uint8Array.from({ length: 32 }, (_, index) => (index % 2 === 0 ? 0x0a : 0xff)),
    });
    expect(parseTokenHash(`SHA256:${'0AFF'.repeat(16)}`)).toEqual(lower);
  });

  it('reads an argon2id PHC string', () => {
    expect(parseTokenHash(phc('m=65536,t=3,p=4'))).toMatchObject({
      kind: 'argon2id',
      memoryKib: 65_536,
      passes: 3,
      lanes: 4,
      salt: new TextEncoder().encode('somesalt'),
    });
  });

  it.each([
    ['a token instead of its hash', 'mcpd_c2VjcmV0', /must be sha256/],
    ['a short SHA-256', `sha256:${'a'.repeat(63)}`, /must be sha256/],
    ['a long SHA-256', `sha256:${'a'.repeat(65)}`, /must be sha256/],
    ['SHA-256 in base64', `sha256:${'z'.repeat(64)}`, /must be sha256/],
    ['SHA-512', `sha512:${'a'.repeat(128)}`, /must be sha256/],
    ['nothing', '', /must be sha256/],
    ['bcrypt', '$2b$12$abcdefghijklmnopqrstuv', /must be sha256/],
    ['argon2i', phc('m=65536,t=3,p=4').replace('argon2id', 'argon2i'), /must be sha256/],
    ['an old version', phc('m=65536,t=3,p=4').replace('v=19', 'v=16'), /must be sha256/],
    ['a key id', phc('m=65536,t=3,p=4,keyid=a'), /must be sha256/],
    ['no passes', phc('m=65536,t=0,p=4'), /must be sha256/],
    ['a salt of impossible length', phc('m=64,t=1,p=1').replace(salt, `${salt}aa`), /must be/],
    ['an exponent', phc('m=6e4,t=1,p=1'), /must be sha256/],
    ['too much memory', phc('m=65537,t=3,p=4'), /must cost at most m=65536/],
    ['too many passes', phc('m=65536,t=5,p=4'), /must cost at most/],
    ['too many lanes', phc('m=65536,t=3,p=17'), /must cost at most/],
    ['less memory than its lanes need', phc('m=31,t=1,p=4'), /8 times p/],
  ])('refuses %s without repeating it', (_, text, problem) => {
    const result = parseTokenHash(text);
    expect(result).toMatch(problem);
    if (text !== '') expect(result).not.toContain(text);
  });
});
