import { DoormanError } from '../core/errors.ts';
import { isLoopback } from '../core/loopback.ts';
import type { Principal } from '../core/types.ts';
import { originCheck } from '../http/origin.ts';
import { splitResource } from '../http/resource.ts';
import type { ResourceServer } from '../library/resource-server.ts';
import type { AuthInfo } from '../mcp/auth-info.ts';
import type { Admitted, Transport } from '../resource-server.ts';

/** What a mount has to know besides the resource server. */
export interface MountOptions {
  /** Browser origins that may call besides the resource's own, compared exactly; none unless given. */
  readonly allowedOrigins?: readonly string[];
}

/** Who calls, for the handler behind a guard. */
export interface Caller {
  readonly principal: Principal;
  /** The same for the MCP SDKs, v1 and v2. */
  readonly authInfo: AuthInfo;
}

/** An admitted request on its way to the handler, and the only way back. */
export interface Passage extends Caller {
  readonly admitted: Admitted;
  /** The request as it was judged: its body is the canonical message, or nothing. */
  readonly request: Request;
  /** The handler's answer as the client may see it. */
  leave(response: Response): Promise<Response>;
}

export interface Mount {
  /** Whether a request path, compared as it stands, is the resource's or one of its metadata's. */
  serves(path: string): boolean;
  /** Answers a request, or lets it pass to the handler. Never throws for what a client sent. */
  enter(request: Request, transport?: Transport): Promise<Passage | Response>;
}

function checkOrigins(allowedOrigins: readonly string[]): void {
  for (const origin of allowedOrigins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new TypeError(`allowedOrigins: ${origin} is no origin such as https://app.example.com`);
  }
}

/** Runtimes whose requests carry no `Host` build the URL from it. */
function headersWithHost({ headers, url }: Request): Headers {
  if (headers.has('Host')) return headers;
  const complete = new Headers(headers);
  complete.set('Host', new URL(url).host);
  return complete;
}

/** What the handler reads is what was judged, and no other reading of the bytes that came. */
function canonicalRequest(request: Request, { message }: Admitted): Request {
  const headers = new Headers(request.headers);
  headers.delete('Content-Length');
  headers.delete('Transfer-Encoding');
  const { method, signal } = request;
  const body = message?.canonical ?? null;
  return new Request(request.url, { method, headers, signal, body });
}

function withHeaders(response: Response, more: Readonly<Record<string, string>>): Response {
  if (Object.keys(more).length === 0) return response;
  const answer = new Response(response.body, response);
  for (const [name, value] of Object.entries(more)) {
    if (name === 'Vary') answer.headers.append(name, value);
    else answer.headers.set(name, value);
  }
  return answer;
}

/**
 * What every adapter does: metadata, `Host` on loopback (DNS rebinding), CORS preflight, `Origin`,
 * guard, and the filter of the answer.
 *
 * @throws TypeError for an allowed origin that no browser sends
 */
export function createMount(
  server: ResourceServer,
  { allowedOrigins = [] }: MountOptions = {},
): Mount {
  checkOrigins(allowedOrigins);
  const { resource } = server;
  const { endpoint, origin } = splitResource(resource);
  const loopback = isLoopback(new URL(origin).hostname);
  const origins = originCheck({
    resource,
    neighbours: [],
    allowedOrigins,
    allowedHosts: [],
    loopback,
  });

  async function admit(request: Request, transport?: Transport): Promise<Passage | Response> {
    origins.checkHost(headersWithHost(request));
    const preflight = origins.preflight(request);
    if (preflight) return preflight;
    origins.checkOrigin(request.headers);
    const admitted = await server.guard(request, transport);
    if (admitted instanceof Response) return admitted;
    const { principal } = admitted;
    const leave = async (response: Response): Promise<Response> =>
      withHeaders(await server.filter(response, admitted), origins.corsHeaders(request.headers));
    return {
      principal,
      authInfo: server.authInfo(request, principal),
      admitted,
      request: canonicalRequest(request, admitted),
      leave,
    };
  }

  return {
    serves: (path) => path === endpoint || server.metadataPaths.includes(path),

    async enter(request, transport) {
      const metadata = server.metadata(request);
      if (metadata) return metadata;
      if (new URL(request.url).pathname !== endpoint)
        return server.refuse(new DoormanError('not_found'));
      const entered = await admit(request, transport).catch(server.refuse);
      if (!(entered instanceof Response)) return entered;
      return withHeaders(entered, origins.corsHeaders(request.headers));
    },
  };
}
