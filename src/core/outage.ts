import { DoormanError } from './errors.ts';

/**
 * Waits for the store, and takes one that cannot be reached for an outage, which is never the
 * token's fault.
 *
 * @throws DoormanError `issuer_unavailable`
 */
export async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new DoormanError('issuer_unavailable', { cause, detail: { reason: 'store' } });
  }
}
