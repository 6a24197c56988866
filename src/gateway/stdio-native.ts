import {
  type JSONRPCMessage,
  type JSONRPCRequest,
  PerRequestHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { isEventStream } from '../http/media-type.ts';
import type { Link, LinkAnswer } from './stdio-link.ts';
import type { WireError, WireMessage } from './stdio-message.ts';

/** Answers one 2026-07-28 request. */
export type ModernHandler = (message: WireMessage, request: Request) => Promise<Response>;

/** Statuses of errors, MCP 2026-07-28; every other error is an answer with status 200. */
const statuses: ReadonlyMap<number, number> = new Map([
  [-32601, 404],
  [-32020, 400],
  [-32021, 400],
  [-32022, 400],
]);

/** The response with the status that the protocol has for the error in it. */
export function withErrorStatus(response: Response, { code }: WireError): Response {
  const { body, headers } = response;
  if (isEventStream(headers.get('Content-Type'))) return response;
  return new Response(body, { status: statuses.get(code) ?? response.status, headers });
}

/**
 * Serves clients of MCP 2026-07-28 by a child that speaks it as well: messages pass as they are.
 * Log messages are dropped, since stdio does not tell whose request they are about.
 */
export function nativeHandler(link: Link): ModernHandler {
  return async (message, request) => {
    if (message.id === undefined || message.method === undefined)
      return new Response(null, { status: 202 });
    const { id, method, params } = message;
    const transport = new PerRequestHTTPServerTransport({ classification: { era: 'modern' } });
    const left = new AbortController();
    let answer: Partial<LinkAnswer> = {};
    let failure: unknown = null;
    const toClient = (reply: object, tie = {}): void => {
      // Whoever has gone away meanwhile hears no more of it.
      transport.send({ jsonrpc: '2.0', ...reply } as JSONRPCMessage, tie).catch(() => {});
    };

    async function ask(): Promise<void> {
      answer = await link.request({
        ...{ id, method, params, signal: left.signal },
        onNotification: (notification) => toClient(notification, { relatedRequestId: id }),
      });
      toClient({ id, ...answer });
    }

    transport.onclose = () => left.abort(new Error('client disconnected'));
    transport.onmessage = () => {
      ask().catch((error: unknown) => {
        failure = error;
        return transport.close();
      });
    };
    await transport.start();
    try {
      const response = await transport.handleMessage(message as JSONRPCRequest, { request });
      return answer.error === undefined ? response : withErrorStatus(response, answer.error);
    } catch (error) {
      throw failure ?? error;
    }
  };
}
