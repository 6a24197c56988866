import { effectiveScopes } from '../core/scopes.ts';
import type { Principal } from '../core/types.ts';
import { type AuthInfo, toAuthInfo } from '../mcp/auth-info.ts';
import type { Message } from '../mcp/message.ts';
import {
  type Admitted,
  assembleResourceServer,
  type ResourceServerParts,
  type Transport,
} from '../resource-server.ts';

/** The OAuth 2.1 resource server of one MCP endpoint. */
export interface ResourceServer {
  /** Public URL of the MCP endpoint, byte for byte as given. */
  readonly resource: string;
  /** Where clients look for the metadata, for a router: path-inserted first. Empty without logins. */
  readonly metadataPaths: readonly string[];
  /**
   * Answers a request for the protected-resource metadata (RFC 9728) by any method.
   *
   * @returns `null` for a request to any other path.
   */
  metadata(request: Request): Response | null;
  /**
   * Verifies the access token of a request and its sender's key (RFC 6750, 9449, 8705). The body is
   * not touched, and no policy is asked.
   *
   * @throws DoormanError
   */
  authenticate(request: Request, transport?: Transport): Promise<Principal>;
  /**
   * Judges a message, as `readMessage` returns it, by the policy alone.
   *
   * Not checked: whether the token is still valid, and everything else that {@link guard} looks at.
   *
   * @returns whether the rule has the issuer asked right now; {@link guard} does that, this does not.
   * @throws DoormanError `scope_insufficient`, `operation_denied` or `method_unknown`
   */
  authorize(
    principal: Principal,
    message: Pick<Message, 'operation'>,
  ): { readonly introspect: boolean };
  /**
   * The whole pipeline: who calls and what for, or a finished refusal to send. Never throws. The
   * body is read; what goes on is `message.canonical`, never the bytes that came.
   *
   * Not checked: `Host`, `Origin` and the path. The adapters check them.
   */
  guard(request: Request, transport?: Transport): Promise<Admitted | Response>;
  /**
   * The answer to an admitted request as its client may see it, or a refusal. Never throws, and has
   * to be asked about every answer.
   */
  filter(response: Response, admitted: Admitted): Promise<Response>;
  /** The caller of an authenticated request, as the MCP SDKs want one. */
  authInfo(request: Request, principal: Principal): AuthInfo;
  /** Answers an error, such as one of {@link authenticate}, as a refusal of this resource. */
  refuse(error: unknown): Response;
  /** Whether tokens can be verified right now; tries to load what is missing. Never throws. */
  ready(): Promise<boolean>;
  /** Ends what was opened here; a store that was handed in stays open. */
  close(): Promise<void>;
}

/** The token of an `Authorization` value that has been accepted. */
function tokenOf(request: Request): string {
  return request.headers.get('Authorization')?.replace(/^\S+ +/, '') ?? '';
}

/**
 * Shows a resource server to the author of an MCP server.
 *
 * @param close ends what belongs to it alone.
 */
export function publish(parts: ResourceServerParts, close: () => Promise<void>): ResourceServer {
  const { resource, policy } = parts;
  const server = assembleResourceServer(parts);
  const metadataPaths = server.metadata?.paths ?? [];
  return {
    resource,
    metadataPaths,

    metadata(request) {
      if (server.metadata === null) return null;
      const { pathname } = new URL(request.url);
      return metadataPaths.includes(pathname) ? server.metadata.respond(request) : null;
    },

    authenticate: server.authenticate,
    authorize: (principal, { operation }) => server.authorize(principal, operation),
    guard: server.guard,
    filter: server.filter,

    authInfo: (request, principal) =>
      toAuthInfo(principal, {
        token: tokenOf(request),
        resource,
        resourceMetadataUrl: server.metadata?.url ?? null,
        scopes: effectiveScopes(principal.scopes, policy.hierarchy),
      }),

    refuse: (error) => server.refuse(error),
    ready: server.ready,
    close,
  };
}
