import type { ServerResponse } from 'node:http';
import type { Answer } from './upstream.ts';

export interface LegacyMessage {
  readonly id?: unknown;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface LegacyServer {
  readonly answer: Answer;
  /** Every message so far, with the number of the stream it belongs to. */
  readonly messages: readonly (readonly [stream: number, method: string])[];
}

/**
 * The least server of HTTP+SSE (MCP 2024-11-05).
 *
 * @param resultOf what a request is answered with on its stream; `null` leaves it unanswered.
 */
export function legacyServer(resultOf: (message: LegacyMessage) => object | null): LegacyServer {
  const streams: ServerResponse[] = [];
  const messages: [number, string][] = [];
  return {
    messages,
    answer(incoming, outgoing, { body }) {
      if (incoming.method === 'GET') {
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
        outgoing.write(`event: endpoint\ndata: /message?stream=${streams.length}\n\n`);
        streams.push(outgoing);
        return;
      }
      const stream = Number(new URL(incoming.url ?? '', 'http://x').searchParams.get('stream'));
      const message = JSON.parse(body) as LegacyMessage;
      messages.push([stream, message.method]);
      outgoing.writeHead(202).end('Accepted');
      const result = message.id === undefined ? null : resultOf(message);
      if (result === null) return;
      const text = JSON.stringify({ jsonrpc: '2.0', id: message.id, result });
      streams[stream]?.write(`event: message\ndata: ${text}\n\n`);
    },
  };
}
