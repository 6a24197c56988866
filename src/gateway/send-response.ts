import { DoormanError } from '../core/errors.ts';
import type { Answer } from './answer.ts';

/**
 * Writes a web-standard response to the client's side of an exchange, as fast as the client reads.
 *
 * @throws DoormanError where nothing of it can go out
 */
export async function sendResponse(response: Response, answer: Answer): Promise<void> {
  const reader = response.body?.getReader();
  let proceed = (): void => {};
  answer.onCancel((reason) => {
    void reader?.cancel(reason).catch(() => {});
    proceed();
  });
  try {
    await answer.begin(response.status, Object.fromEntries(response.headers));
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || value === undefined) break;
      if (answer.write(value)) continue;
      await new Promise<void>((resolve) => {
        proceed = resolve;
        answer.onDrain(resolve);
      });
    }
    answer.end();
  } catch (cause) {
    await reader?.cancel(cause).catch(() => {});
    const error =
      cause instanceof DoormanError ? cause : new DoormanError('upstream_unavailable', { cause });
    answer.fail(error);
  }
}
