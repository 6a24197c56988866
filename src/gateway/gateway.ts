import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Admitted, isModern } from '../resource-server.ts';
import { upstreamRequestHeaders } from './forward-headers.ts';
import { createHttpUpstream, type HttpUpstreamOptions } from './http-upstream.ts';

export interface GatewayOptions {
  readonly resource: string;
  readonly upstream: HttpUpstreamOptions;
}

export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly requestId: string;
  /** Headers of our own for the answer. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Gateway {
  /**
   * Carries an admitted request to the upstream and its answer back.
   *
   * @throws DoormanError `upstream_*`, only while nothing has been written to the client.
   */
  forward(admitted: Admitted, exchange: Exchange): Promise<void>;
  /** Ends the open event streams that would not end by themselves; calls run on. */
  endStreams(): void;
  /** Cuts what is still running. */
  close(): Promise<void>;
}

/** Answered by a stream that stays open (MCP 2026-07-28). */
const endlessMethod = 'subscriptions/listen';
const methods = { stream: 'GET', terminate: 'DELETE' } as const;

/** The way from an admitted request to the MCP server and back. */
export function createGateway({ resource, upstream: options }: GatewayOptions): Gateway {
  const upstream = createHttpUpstream(options);
  const streams = new Set<ServerResponse>();

  async function forward(admitted: Admitted, exchange: Exchange): Promise<void> {
    const { message, operation } = admitted;
    const { incoming, outgoing, requestId } = exchange;
    const method =
      operation.kind in methods ? methods[operation.kind as keyof typeof methods] : 'POST';
    if (method === 'GET' || operation.method === endlessMethod) {
      streams.add(outgoing);
      outgoing.once('close', () => streams.delete(outgoing));
    }
    const headers = upstreamRequestHeaders({
      headers: incoming.headers,
      clientAddress: incoming.socket.remoteAddress ?? '',
      requestId,
      resource,
      hasBody: message !== null,
      startsSession: operation.method === 'initialize',
    });
    const body = message?.canonical ?? null;
    const cancelOnDisconnect = method === 'GET' || isModern(admitted);
    await upstream.forward({ method, headers, body, cancelOnDisconnect }, outgoing, {
      ...exchange.headers,
      'x-request-id': requestId,
    });
  }

  return {
    forward,
    endStreams: () => {
      for (const stream of streams) stream.end();
    },
    close: () => upstream.close(),
  };
}
