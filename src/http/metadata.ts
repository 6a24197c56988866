import { splitResource } from './resource.ts';

/** Path prefix of RFC 9728 section 3. */
const wellKnownPath = '/.well-known/oauth-protected-resource';

export interface ResourceMetadata {
  /** Where the document can be read: the path-inserted form first, then the root form. */
  readonly paths: readonly string[];
  /** Absolute URL for `resource_metadata`, built from the operator's own string. */
  readonly url: string;
  /** Answers a request to one of the paths. */
  respond(request: Request): Response;
}

export interface ResourceMetadataOptions {
  /** Resource identifier, published byte for byte. */
  readonly resource: string;
  /** Issuer strings, published byte for byte; at least one. */
  readonly authorizationServers: readonly string[];
  /** What a new login is asked for; empty leaves `scopes_supported` out. */
  readonly scopes: readonly string[];
}

const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Max-Age': '600',
};

/**
 * The protected-resource metadata of RFC 9728: one constant document, served at the path-inserted
 * and at the root well-known path, readable from any web page. Says nothing that depends on the
 * request, so a foreign `Host` or a forwarded header cannot change it.
 */
export function resourceMetadata(options: ResourceMetadataOptions): ResourceMetadata {
  const { origin, path } = splitResource(options.resource);
  const inserted = wellKnownPath + path.replace(/\/$/, '');
  const body = JSON.stringify({
    resource: options.resource,
    authorization_servers: options.authorizationServers,
    ...(options.scopes.length > 0 && { scopes_supported: options.scopes }),
    bearer_methods_supported: ['header'],
  });

  function respond(request: Request): Response {
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: cors });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response(null, { status: 405, headers: { ...cors, Allow: 'GET, HEAD, OPTIONS' } });
    }
    return new Response(request.method === 'HEAD' ? null : body, {
      headers: {
        ...cors,
        'Content-Type': 'application/json',
        'Cache-Control': 'public, max-age=300',
      },
    });
  }

  return { paths: [...new Set([inserted, wellKnownPath])], url: origin + inserted, respond };
}
