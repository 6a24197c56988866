import { DoormanError } from '../core/errors.ts';
import type { Answer } from './answer.ts';
import type { HttpHop } from './http-hop.ts';
import { createInnerAnswer } from './inner-answer.ts';
import { createSseStream } from './sse-stream.ts';
import type { UpstreamRequest } from './upstream.ts';

export interface SseInquiryOptions {
  readonly hop: HttpHop;
  /** Path and query of the stream. */
  readonly streamPath: string;
  /** Path and query of what the server names as its endpoint. @throws DoormanError */
  readonly messagePath: (endpoint: string) => string;
  /** Longest wait for the server to name it. */
  readonly timeoutMs: number;
}

const initializeId = '"mcp-doorman-initialize"';
const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: JSON.parse(initializeId),
  method: 'initialize',
  params: {
    protocolVersion: '2024-11-05',
    capabilities: {},
    clientInfo: { name: 'mcp-doorman', version: '1' },
  },
});
const initialized = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });

/** What a message is answered with at once: any success will do, the rest comes on the stream. */
function createReceipt(): Answer {
  return {
    begin(status) {
      if (status < 300) return null;
      throw new DoormanError('upstream_refused', { detail: { status } });
    },
    write: () => true,
    end() {},
    fail(cause) {
      throw cause;
    },
    onDrain() {},
    onCancel() {},
  };
}

/**
 * Has one request answered in a session of our own, which a legacy server needs for that. The answer
 * is one JSON message.
 *
 * @throws DoormanError `upstream_*`
 */
export async function inquireOverSse(
  { hop, streamPath, messagePath, timeoutMs }: SseInquiryOptions,
  { headers, body, admitted }: UpstreamRequest,
  answer: Answer,
): Promise<void> {
  const waiting = new Map<string, (text: string) => void>();
  const inner = createInnerAnswer((text) => {
    const { id } = JSON.parse(text) as { id?: unknown };
    waiting.get(JSON.stringify(id))?.(text);
  });
  let name = (_path: string): void => {};
  const named = new Promise<string>((resolve) => {
    name = resolve;
  });
  const stream = createSseStream({
    answer: inner,
    timeoutMs,
    async open(endpoint) {
      name(messagePath(endpoint));
      return '';
    },
  });
  answer.onCancel((reason) => inner.stop(reason));

  const { 'content-type': _type, ...kept } = headers;
  const get = {
    headers: { ...kept, accept: 'text/event-stream' },
    method: 'GET',
    body: null,
  } as const;
  const broken = hop.exchange(streamPath, get, stream).then(() => {
    throw new DoormanError('upstream_unavailable', { detail: { reason: 'the stream has ended' } });
  });

  async function converse(): Promise<string> {
    const path = await named;
    const post = (text: string | null): Promise<void> =>
      hop.exchange(path, { method: 'POST', headers, body: text }, createReceipt());
    async function ask(text: string | null, id: string): Promise<string> {
      const answered = new Promise<string>((resolve) => waiting.set(id, resolve));
      await post(text);
      return answered;
    }
    await ask(initialize, initializeId);
    await post(initialized);
    return ask(body, admitted.message?.id ?? '');
  }

  try {
    const text = await Promise.race([converse(), broken]);
    await answer.begin(200, { 'content-type': 'application/json' });
    answer.write(Buffer.from(text));
    answer.end();
  } finally {
    inner.stop(new Error('the request has been answered'));
  }
}
