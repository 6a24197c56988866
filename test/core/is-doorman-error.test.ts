import { describe, expect, it, vi } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import { isDoormanError } from '../../src/core/is-doorman-error.ts';

describe('isDoormanError', () => {
  it('knows an error by any code, or by one of some', () => {
    const error = new DoormanError('token_expired');
    expect(isDoormanError(error)).toBe(true);
    expect(isDoormanError(error, 'token_missing', 'token_expired')).toBe(true);
    expect(isDoormanError(error, 'token_missing')).toBe(false);
  });

  it('knows an error of another copy of the package', async () => {
    vi.resetModules();
    const other = await import('../../src/core/errors.ts');
    const error = new other.DoormanError('token_expired');
    expect(error).not.toBeInstanceOf(DoormanError);
    expect(isDoormanError(error, 'token_expired')).toBe(true);
  });

  it.each([undefined, null, 'token_expired', {}, new Error('token_expired'), new TypeError()])(
    'does not take %s for one',
    (error) => {
      expect(isDoormanError(error)).toBe(false);
    },
  );
});
