import { DoormanError } from '../core/errors.ts';
import { splitResource } from '../http/resource.ts';
import type { Answer } from './answer.ts';
import { createHttpHop } from './http-hop.ts';
import type { HttpUpstreamOptions } from './http-upstream.ts';
import { inquireOverSse } from './sse-inquiry.ts';
import { createSseSessions, type SseSession, type SseSessionsOptions } from './sse-sessions.ts';
import { createSseStream } from './sse-stream.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';

export interface SseUpstreamOptions extends HttpUpstreamOptions, SseSessionsOptions {
  /** Public URL of the MCP endpoint, at whose path both halves of the transport are offered. */
  readonly resource: string;
}

/**
 * Path and query of the server's endpoint.
 *
 * @throws DoormanError `upstream_refused` for one at another origin: neither messages nor our own
 *   credential may go where the operator did not send them.
 */
function messagePath(endpoint: string, stream: URL): string {
  const url = URL.canParse(endpoint, stream.href) ? new URL(endpoint, stream.href) : null;
  if (url === null || url.origin !== stream.origin || url.username !== '' || url.password !== '') {
    throw new DoormanError('upstream_refused', { detail: { reason: 'foreign endpoint' } });
  }
  return url.pathname + url.search;
}

/**
 * The hop to an MCP server that speaks HTTP+SSE (MCP 2024-11-05) and nothing newer. The same
 * transport is offered to clients: GET opens the stream, and its `endpoint` event names our own URL
 * with a session id of ours. POST without such an id is 405, which tells clients that know both
 * transports to go on with GET.
 */
export function createSseUpstream(options: SseUpstreamOptions): Upstream {
  const { url, headersTimeoutMs, resource } = options;
  const hop = createHttpHop({ origin: url.origin, headersTimeoutMs });
  const sessions = createSseSessions(options);
  const { endpoint: ownPath } = splitResource(resource);
  const streamPath = url.pathname + url.search;
  const pathOf = (endpoint: string): string => messagePath(endpoint, url);

  async function openStream(request: UpstreamRequest, answer: Answer): Promise<void> {
    let session: SseSession | null = null;
    let over = false;
    const stream = createSseStream({
      answer,
      timeoutMs: headersTimeoutMs,
      async open(endpoint) {
        session = await sessions.open(request.admitted.principal, pathOf(endpoint));
        if (over) session.close();
        return `${ownPath}?session=${session.id}`;
      },
    });
    try {
      await hop.exchange(streamPath, request, stream);
    } finally {
      over = true;
      (session as SseSession | null)?.close();
    }
  }

  return {
    async forward(request, answer) {
      if (request.method === 'GET') return openStream(request, answer);
      if (request.method !== 'POST' || request.sseSession === null) {
        throw new DoormanError('method_not_allowed', { detail: { transport: 'HTTP+SSE' } });
      }
      const path = await sessions.find(request.admitted.principal, request.sseSession);
      await hop.exchange(path, request, answer);
    },
    ask: (request, answer) =>
      inquireOverSse(
        { hop, streamPath, messagePath: pathOf, timeoutMs: headersTimeoutMs },
        request,
        answer,
      ),

    close: () => hop.close(),
  };
}
