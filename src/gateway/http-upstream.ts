import { createHttpHop } from './http-hop.ts';
import type { Upstream } from './upstream.ts';

export interface HttpUpstreamOptions {
  /** The one URL every request goes to; its query, if any, is kept, the client's is not added. */
  readonly url: URL;
  /** Longest wait for the upstream's response headers. A body may stay idle for ever. */
  readonly headersTimeoutMs: number;
}

/** The hop to an MCP server that speaks Streamable HTTP. */
export function createHttpUpstream({ url, headersTimeoutMs }: HttpUpstreamOptions): Upstream {
  const hop = createHttpHop({ origin: url.origin, headersTimeoutMs });
  const path = url.pathname + url.search;
  return {
    forward: (request, answer) => hop.exchange(path, request, answer),
    close: () => hop.close(),
  };
}
