import { restoreNumbers } from './exact-numbers.ts';

/** Somebody who can be asked to wait. */
interface Source {
  pause(): void;
  resume(): void;
}

const maxBufferedBytes = 64 * 1024;
const encoder = new TextEncoder();

export interface Flow {
  /** The same response, with a body whose source waits for its reader. */
  limit(response: Response): Response;
  /** How many bodies are being read. */
  open(): number;
}

/**
 * Gives the bodies that the SDK writes a limit: while one of them is read too slowly, their source
 * has to wait, so that no more than a pipe full is buffered. Numbers come out as they were sent.
 */
export function createFlow(source: Source): Flow {
  const open = new Set<object>();
  const full = new Set<object>();

  function release(stream: object): void {
    if (full.delete(stream) && full.size === 0) source.resume();
  }

  function finish(stream: object): void {
    open.delete(stream);
    release(stream);
  }

  function limited(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const stream = {};
    const reader = body.getReader();
    // The SDK writes whole events, so no number is cut in two.
    const decoder = new TextDecoder();
    open.add(stream);

    async function carry(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const text = decoder.decode(value, { stream: true });
        controller.enqueue(encoder.encode(restoreNumbers(text)));
        if ((controller.desiredSize ?? 0) > 0) continue;
        if (full.size === 0) source.pause();
        full.add(stream);
      }
      finish(stream);
      controller.close();
    }

    return new ReadableStream<Uint8Array>(
      {
        start(controller) {
          carry(controller).catch((error: unknown) => {
            finish(stream);
            controller.error(error);
          });
        },
        pull: () => release(stream),
        cancel(reason) {
          finish(stream);
          return reader.cancel(reason);
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: maxBufferedBytes }),
    );
  }

  return {
    limit: ({ status, headers, body }) =>
      new Response(body === null ? null : limited(body), { status, headers }),
    open: () => open.size,
  };
}
