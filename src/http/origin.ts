import { DoormanError } from '../core/errors.ts';
import { isLoopback } from '../core/loopback.ts';
import { splitResource } from './resource.ts';

export interface OriginOptions {
  /** The resource identifier; its origin and authority are always accepted. */
  readonly resource: string;
  /** Resource identifiers served beside it: their authorities are names of this server too. */
  readonly neighbours: readonly string[];
  /** Further browser origins, compared exactly. */
  readonly allowedOrigins: readonly string[];
  /** Further host names, with a port to pin it or without for any port. */
  readonly allowedHosts: readonly string[];
  /** Listening on loopback: checks `Host` even without a list, against DNS rebinding. */
  readonly loopback: boolean;
}

export interface OriginCheck {
  /** @throws DoormanError `host_denied` */
  checkHost(headers: Headers): void;
  /** @throws DoormanError `origin_denied` for a present origin that is not permitted */
  checkOrigin(headers: Headers): void;
  /** The answer to a CORS preflight; `null` when the request is none. */
  preflight(request: Request): Response | null;
  /** CORS headers for an answer to this request; empty where no browser origin was sent. */
  corsHeaders(headers: Headers): Readonly<Record<string, string>>;
}

const exposed =
  'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, MCP-Protocol-Version, Retry-After, X-Request-Id';
const requestable =
  /^(?:authorization|dpop|content-type|accept|last-event-id|traceparent|tracestate|baggage|x-request-id|mcp-[a-z0-9-]{1,120})$/;
const longestHeaderList = 4096;

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '');
}

/**
 * DNS-rebinding and cross-site protection (MCP Streamable HTTP, "Security & Endpoint"): `Host` must
 * be a name this server is known by, and a browser's `Origin` one that the operator listed. Requests
 * without `Origin` are not from a browser page and pass.
 */
export function originCheck(options: OriginOptions): OriginCheck {
  const originOf = (resource: string): string => splitResource(resource).origin.toLowerCase();
  const origins = new Set([originOf(options.resource), ...options.allowedOrigins]);
  const served = [options.resource, ...options.neighbours];
  const hosts = new Set([
    ...served.map((resource) => originOf(resource).replace(/^https?:\/\//, '')),
    ...options.allowedHosts.map((host) => host.toLowerCase()),
  ]);
  const checksHost = options.loopback || options.allowedHosts.length > 0;

  function hostPermitted(host: string): boolean {
    const name = withoutPort(host);
    return hosts.has(host) || hosts.has(name) || (options.loopback && isLoopback(name));
  }

  function originPermitted(origin: string, headers: Headers): boolean {
    if (origins.has(origin)) return true;
    // A page of this very server, under a host name that has passed the check above.
    return options.loopback && origin === `http://${headers.get('Host')?.toLowerCase()}`;
  }

  function checkHost(headers: Headers): void {
    const host = headers.get('Host')?.toLowerCase() ?? '';
    if (checksHost && !hostPermitted(host))
      throw new DoormanError('host_denied', { detail: { host } });
  }

  function checkOrigin(headers: Headers): void {
    const origin = headers.get('Origin');
    if (origin !== null && !originPermitted(origin, headers)) {
      throw new DoormanError('origin_denied', { detail: { origin } });
    }
  }

  function corsHeaders(headers: Headers): Readonly<Record<string, string>> {
    const origin = headers.get('Origin');
    if (origin === null || !originPermitted(origin, headers)) return {};
    return {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': exposed,
      Vary: 'Origin',
    };
  }

  function preflight({ method, headers }: Request): Response | null {
    if (method !== 'OPTIONS' || !headers.has('Origin')) return null;
    if (!headers.has('Access-Control-Request-Method')) return null;
    checkOrigin(headers);
    const asked = (headers.get('Access-Control-Request-Headers') ?? '').slice(0, longestHeaderList);
    const granted = asked
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => requestable.test(name));
    return new Response(null, {
      status: 204,
      headers: {
        ...corsHeaders(headers),
        'Access-Control-Allow-Methods': 'GET, POST, DELETE',
        'Access-Control-Allow-Headers': granted.join(', '),
        'Access-Control-Max-Age': '600',
      },
    });
  }

  return { checkHost, checkOrigin, preflight, corsHeaders };
}
