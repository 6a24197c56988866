import type { BodyFilter } from '../core/body-filter.ts';
import { DoormanError } from '../core/errors.ts';
import { isEventStream } from '../http/media-type.ts';
import type { AnswerRules } from './answers.ts';

type Body = ReadableStream<Uint8Array>;

async function wholeBody(body: Body, filter: BodyFilter, rules: AnswerRules): Promise<Blob> {
  const parts: Uint8Array[] = [];
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    parts.push(filter.write(chunk));
  }
  const last = filter.end();
  parts.push((await rules.handOver(last)) ?? last);
  return new Blob(parts as BlobPart[]);
}

/** A body as its filter lets it through, until the rules end it. */
function watchedBody(body: Body, filter: BodyFilter | null, rules: AnswerRules): Body {
  const reader = body.getReader();
  let over = (): void => {};
  let ended = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      over = rules.opened((last) => {
        ended = true;
        if (last.length > 0) controller.enqueue(last);
        controller.close();
        reader.cancel().catch(() => {});
      });
    },
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (ended) return;
          const filtered = done ? filter?.end() : (filter?.write(value) ?? value);
          const passed = filtered && ((await rules.handOver(filtered)) ?? filtered);
          if (ended) return;
          const isEmpty = passed === undefined || passed.length === 0;
          if (!isEmpty) controller.enqueue(passed);
          if (done) {
            over();
            return controller.close();
          }
          if (!isEmpty) return;
        }
      } catch (error) {
        over();
        throw error;
      }
    },
    cancel(reason) {
      ended = true;
      over();
      return reader.cancel(reason);
    },
  });
}

/**
 * Applies the rules to a web-standard answer. What of the body is not held back streams through.
 *
 * @throws DoormanError where the answer cannot be passed on; nothing of it has gone out then.
 */
export async function filterResponse(response: Response, rules: AnswerRules): Promise<Response> {
  const { status, body } = response;
  await rules.head(status, (name) => response.headers.get(name) ?? undefined);
  const headers = new Headers(response.headers);
  const session = headers.get('Mcp-Session-Id');
  const hidesSession = session !== null && !rules.namesSession(session);
  if (hidesSession) headers.delete('Mcp-Session-Id');
  const eventStream = isEventStream(headers.get('Content-Type'));
  const filter = rules.body(eventStream);
  if (body === null || (filter === null && !eventStream)) {
    return hidesSession ? new Response(body, { status, headers }) : response;
  }
  headers.delete('Content-Length');
  if (filter?.holdsBack) {
    const whole = await wholeBody(body, filter, rules).catch((cause: unknown) => {
      throw cause instanceof DoormanError
        ? cause
        : new DoormanError('upstream_unavailable', { cause });
    });
    return new Response(whole, { status, headers });
  }
  return new Response(watchedBody(body, filter, rules), { status, headers });
}
