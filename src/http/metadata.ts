import { signatureAlgorithms } from '../core/provider.ts';
import type { SenderConstraint } from '../core/sender-constraint.ts';
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
  /** What is asked of bound tokens; nothing is published about it unless given. */
  readonly senderConstraint?: Pick<SenderConstraint, 'dpop' | 'certificateHeader'>;
}

const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Max-Age': '600',
};

/** RFC 9728 section 2: what is not on is not mentioned, since clients take it for an offer. */
function bindingMembers({
  dpop,
  certificateHeader,
}: Pick<SenderConstraint, 'dpop' | 'certificateHeader'>): Readonly<Record<string, unknown>> {
  return {
    ...(certificateHeader !== null && { tls_client_certificate_bound_access_tokens: true }),
    ...(dpop !== 'off' && { dpop_signing_alg_values_supported: signatureAlgorithms }),
    ...(dpop === 'required' && { dpop_bound_access_tokens_required: true }),
  };
}

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
    ...(options.senderConstraint && bindingMembers(options.senderConstraint)),
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
