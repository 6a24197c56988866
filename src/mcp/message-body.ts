import type { BodyFilter } from '../core/body-filter.ts';
import { DoormanError } from '../core/errors.ts';

/** What of a message its reader may see; `null` where nothing of it can be passed on. */
export type FilterMessage = (text: string) => string | null;

/** The longest message of an answer, in bytes or UTF-16 code units. */
export const longestMessage: number = 16 * 1024 * 1024;

/**
 * An answer that cannot be passed on.
 *
 * @param reason fixed words for the operator's log, never text of the answer.
 */
export function unreadableAnswer(reason: string): DoormanError {
  return new DoormanError('upstream_unavailable', { detail: { reason } });
}

const nothing = new Uint8Array();

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] ?? nothing;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/**
 * Filters a body that is one message, whatever its media type says. It is held back until its end,
 * and passes as the same bytes where nothing has to be left out.
 */
export function createMessageBodyFilter(filterMessage: FilterMessage): BodyFilter {
  const chunks: Uint8Array[] = [];
  let length = 0;

  function decode(body: Uint8Array): string {
    try {
      // A byte order mark is kept, and makes the text unreadable like any other stray character.
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    } catch {
      throw unreadableAnswer('an answer is not UTF-8');
    }
  }

  return {
    holdsBack: true,
    write(chunk) {
      length += chunk.length;
      if (length > longestMessage) throw unreadableAnswer('an answer is too long');
      chunks.push(chunk);
      return nothing;
    },
    end() {
      const body = join(chunks, length);
      const text = decode(body);
      const passed = filterMessage(text);
      if (passed === null) throw unreadableAnswer('an answer may hold a list and cannot be read');
      return passed === text ? body : new TextEncoder().encode(passed);
    },
  };
}
