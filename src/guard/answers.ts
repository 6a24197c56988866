import type { BodyFilter } from '../core/body-filter.ts';
import { DoormanError } from '../core/errors.ts';
import { isEventStream } from '../http/media-type.ts';

/** What the answer to one admitted request has to pass on its way to the client. */
export interface AnswerRules {
  /**
   * Takes note of an answer's head before any of it goes out.
   *
   * @param header reads a header of the answer by its name in lower case.
   * @returns a promise where the store has to be asked; then the head waits for it.
   */
  head(status: number, header: (name: string) => string | undefined): Promise<void> | null;
  /**
   * The filter of a body.
   *
   * @param eventStream whether it is a server-sent event stream.
   * @returns `null` for a body that goes on as it is.
   */
  body(eventStream: boolean): BodyFilter | null;
}

/** An answer that nothing has to happen to. */
export const passing: AnswerRules = { head: () => null, body: () => null };

async function wholeBody(body: ReadableStream<Uint8Array>, filter: BodyFilter): Promise<Blob> {
  const parts: Uint8Array[] = [];
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    parts.push(filter.write(chunk));
  }
  parts.push(filter.end());
  return new Blob(parts as BlobPart[]);
}

/**
 * Applies the rules to a web-standard answer. What of the body is not held back streams through.
 *
 * @throws DoormanError where the answer cannot be passed on; nothing of it has gone out then.
 */
export async function filterResponse(response: Response, rules: AnswerRules): Promise<Response> {
  const { status, headers, body } = response;
  await rules.head(status, (name) => headers.get(name) ?? undefined);
  const filter = rules.body(isEventStream(headers.get('Content-Type')));
  if (filter === null || body === null) return response;
  const kept = new Headers(headers);
  kept.delete('Content-Length');
  if (filter.holdsBack) {
    const whole = await wholeBody(body, filter).catch((cause: unknown) => {
      throw cause instanceof DoormanError
        ? cause
        : new DoormanError('upstream_unavailable', { cause });
    });
    return new Response(whole, { status, headers: kept });
  }
  const through = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => controller.enqueue(filter.write(chunk)),
    flush: (controller) => controller.enqueue(filter.end()),
  });
  return new Response(body.pipeThrough(through), { status, headers: kept });
}
