import type { IncomingHttpHeaders } from 'node:http';
import { forwardedHeaders, isMcpHeader } from '../core/header-names.ts';
import { isEventStream } from '../http/media-type.ts';
import { splitResource } from '../http/resource.ts';

/** What of the upstream's headers reaches the client. */
const toClient: ReadonlySet<string> = new Set([
  'allow',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'retry-after',
  'x-accel-buffering',
]);

/** What lets a shared cache keep the answer to a request with `Authorization`, RFC 9111 section 3.5. */
const sharable = /\b(?:public|s-maxage|must-revalidate)\b/i;

function pick(headers: IncomingHttpHeaders, names: ReadonlySet<string>): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && (names.has(name) || isMcpHeader(name))) {
      picked[name] = Array.isArray(value) ? value.join(', ') : value;
    }
  }
  return picked;
}

export interface ForwardedRequest {
  readonly headers: IncomingHttpHeaders;
  /** Socket address of the client. */
  readonly clientAddress: string;
  /** Replaces whatever the client sent under this name. */
  readonly requestId: string;
  readonly resource: string;
  /** POST only: the canonical message follows as JSON. */
  readonly hasBody: boolean;
  /** The session that the request may use; what else the client sent as one is dropped. */
  readonly session: string | null;
  /**
   * Whether `Last-Event-ID` counts. Whose events it names only a session tells, and in 2026-07-28 no
   * stream can be resumed.
   */
  readonly resumes: boolean;
}

/**
 * Headers for the upstream request: an allow-list, so the client's `Authorization`, cookies,
 * forwarded headers and identity headers never pass, in any spelling. Forwarded headers are our
 * own and say only what this gateway knows for itself.
 */
export function upstreamRequestHeaders(request: ForwardedRequest): Record<string, string> {
  const { origin } = splitResource(request.resource);
  const [scheme = '', authority = ''] = origin.split('://');
  const headers = pick(request.headers, forwardedHeaders);
  delete headers['mcp-session-id'];
  if (request.session !== null) headers['mcp-session-id'] = request.session;
  if (!request.resumes) delete headers['last-event-id'];
  if (request.hasBody) headers['content-type'] = 'application/json';
  headers['accept-encoding'] = 'identity';
  headers['x-request-id'] = request.requestId;
  headers['x-forwarded-for'] = request.clientAddress;
  headers['x-forwarded-proto'] = scheme;
  headers['x-forwarded-host'] = authority;
  return headers;
}

/**
 * Headers for the client from an upstream answer. CORS, cookies, `Location`, `WWW-Authenticate` and
 * hop-by-hop headers of the upstream stay behind; an answer that a shared cache may keep becomes
 * `no-store`, because here it depends on who asked.
 */
export function clientResponseHeaders(upstream: IncomingHttpHeaders): Record<string, string> {
  const cacheControl = upstream['cache-control'] ?? '';
  const headers = pick(upstream, toClient);
  if (isEventStream(upstream['content-type'])) {
    // A stream may end early here, which a promised length would turn into a wait for the rest.
    delete headers['content-length'];
    headers['x-accel-buffering'] ??= 'no';
  }
  return {
    ...headers,
    'cache-control': cacheControl === '' || sharable.test(cacheControl) ? 'no-store' : cacheControl,
  };
}
