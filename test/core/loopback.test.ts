import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../src/core/loopback.ts';

describe('isLoopback', () => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1', '[::1]'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each([
    '',
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '127.0.0.1.nip.io',
    'localhost.evil.example',
    '127.1',
  ])('is not %j', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
