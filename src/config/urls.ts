import { isLoopback } from '../core/loopback.ts';

const plainUrl = /^https?:\/\/[!-~]+$/i;
const hostName = /^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const servablePath = /^(?:\/[A-Za-z0-9._~-]+)*\/?$/;
const reservedPath = /^\/(?:healthz|readyz|\.well-known\/.*)$/;
const dotSegment = /\/\.{1,2}(?:\/|$)/;

function parseHttpUrl(text: string): URL | string {
  if (!URL.canParse(text)) return 'is not a URL; write it with https://';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return 'must begin with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password';
  return url;
}

function transportProblem({ protocol, hostname }: URL, insecureHttp: boolean): string | null {
  if (protocol === 'https:' || insecureHttp || isLoopback(hostname)) return null;
  return 'must use https:// (http:// is accepted for this machine only, such as localhost, or with MCP_OAUTH_INSECURE_HTTP=true)';
}

function parsePublicUrl(text: string, insecureHttp: boolean): URL | string {
  const url = parseHttpUrl(text);
  if (typeof url === 'string') return url;
  if (/[?#]/.test(text)) return 'must not have a query or a fragment';
  if (!plainUrl.test(text) || /[@\\]/.test(text))
    return 'must be a plain URL such as https://host.example/path';
  return transportProblem(url, insecureHttp) ?? url;
}

/** What is wrong with an issuer, as a sentence; `null` when nothing is. RFC 8414 section 2. */
export function issuerProblem(text: string, insecureHttp: boolean): string | null {
  const url = parsePublicUrl(text, insecureHttp);
  return typeof url === 'string' ? url : null;
}

/** What is wrong with an endpoint of an issuer, which may have a query; `null` when nothing is. */
export function endpointProblem(text: string, insecureHttp: boolean): string | null {
  const url = parseHttpUrl(text);
  if (typeof url === 'string') return url;
  if (/[#\s]/.test(text)) return 'must not have a fragment';
  return transportProblem(url, insecureHttp);
}

/** The path of a resource identifier as it stands: `/` for a bare origin. */
export function endpointOf(resource: string): string {
  return resource.replace(/^[^:]+:\/\/[^/]*/, '') || '/';
}

/** What is wrong with a resource identifier, RFC 9728 section 1.2; `null` when nothing is. */
export function resourceProblem(text: string, insecureHttp: boolean): string | null {
  const url = parsePublicUrl(text, insecureHttp);
  if (typeof url === 'string') return url;
  const path = endpointOf(text);
  if (!servablePath.test(path) || dotSegment.test(path)) {
    return 'must have a plain path of letters, digits and . _ ~ - such as /mcp';
  }
  if (reservedPath.test(path)) return `must not use ${path}, which this gateway serves itself`;
  return null;
}

/** What else an upstream may be than a URL of Streamable HTTP. */
const otherUpstreams = '(sse+http:// for one that speaks HTTP+SSE; a command goes behind --)';

/** The upstream's transport and URL, or what is wrong with it. */
export function parseUpstream(
  text: string,
): { readonly transport: 'http' | 'sse'; readonly url: URL } | string {
  const transport = /^sse\+/i.test(text) ? 'sse' : 'http';
  const url = parseHttpUrl(text.replace(/^sse\+/i, ''));
  if (typeof url === 'string') return url.includes('://') ? `${url} ${otherUpstreams}` : url;
  return text.includes('#') ? 'must not have a fragment' : { transport, url };
}

/** What is wrong with a browser origin, RFC 6454 section 6.1; `null` when nothing is. */
export function originProblem(text: string): string | null {
  const url = parseHttpUrl(text);
  if (typeof url === 'string') return url;
  return url.origin === text ? null : `must be just the origin: ${url.origin}`;
}

/** What is wrong with a host name that requests may name; `null` when nothing is. */
export function hostProblem(text: string): string | null {
  return hostName.test(text) ? null : 'must be a host name, with a port or without';
}
