import { describe, expect, it, vi } from 'vitest';
import { systemPorts } from '../../src/core/ports.ts';

describe('systemPorts', () => {
  it('asks the fetch that is global at the time of the call', async () => {
    const answer = new Response('here');
    const replaced = vi.fn(async () => answer);
    vi.stubGlobal('fetch', replaced);
    const init = { method: 'POST' };
    await expect(systemPorts.fetch('https://idp.example/jwks', init)).resolves.toBe(answer);
    expect(replaced).toHaveBeenCalledExactlyOnceWith('https://idp.example/jwks', init);
  });

  it('reads the wall clock in milliseconds since the epoch', () => {
    vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_123);
    expect(systemPorts.clock.now()).toBe(1_700_000_000_123);
  });

  it('reads a clock for ages that a change of the wall clock does not move', () => {
    vi.spyOn(performance, 'now').mockReturnValue(42.5);
    vi.spyOn(Date, 'now').mockReturnValue(0);
    expect(systemPorts.clock.monotonic()).toBe(42.5);
  });

  it('keeps silent until a log is brought', () => {
    const printed = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    const { log } = systemPorts;
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      expect(log[level]('event', { secret: 1 })).toBeUndefined();
    }
    for (const write of printed) expect(write).not.toHaveBeenCalled();
  });

  it('digests with SHA-256', async () => {
    const digest = await systemPorts.digest('abc');
    const bytes = Uint8Array.from(digest, (character) => character.charCodeAt(0));
    // FIPS 180-2, appendix B.1.
    expect(Buffer.from(bytes).toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('digests text as UTF-8, each text to its own value', async () => {
    const digests = await Promise.all(['', 'a', 'é', 'e\u0301', 'a\0'].map(systemPorts.digest));
    expect(new Set(digests).size).toBe(5);
    expect(await systemPorts.digest('a')).toBe(digests[1]);
    expect(digests.every((digest) => digest.length === 32)).toBe(true);
  });
});
