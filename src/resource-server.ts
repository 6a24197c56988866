import { DoormanError } from './core/errors.ts';
import type { LogFields, Ports } from './core/ports.ts';
import type { IssuerProfile } from './core/provider.ts';
import type { Operation, Principal } from './core/types.ts';
import { readBearer } from './http/bearer.ts';
import { readBody } from './http/body.ts';
import { type ResourceMetadata, resourceMetadata } from './http/metadata.ts';
import { type Message, readMessage } from './mcp/message.ts';
import { challengeScopes, decide } from './policy/decide.ts';
import { type ChallengeMode, firstScopes, type Policy } from './policy/policy.ts';
import { createRefuse, type Refuse, type Transport } from './refuse.ts';
import { createVerifier } from './token/verifier.ts';

export interface ResourceServerOptions {
  /** Public URL of the MCP endpoint, byte for byte: the identifier clients ask tokens for. */
  readonly resource: string;
  /** At least one; the first is the one named to clients. */
  readonly issuers: readonly IssuerProfile[];
  readonly policy: Policy;
  /** Which of the policy's scopes a first login is asked for. */
  readonly challengeScopes: ChallengeMode;
  /** Admits everybody, without looking at tokens: for a developer's own machine only. */
  readonly insecureNoAuth: boolean;
  readonly ports: Ports;
}

export type { Transport };

/** A request that may go on to the MCP server. */
export interface Admitted {
  readonly principal: Principal;
  readonly operation: Operation;
  /** `null` for GET and DELETE. */
  readonly message: Message | null;
  /** The MCP revision the request names, in the body or else in its header. */
  readonly revision: string | null;
}

export interface ResourceServer {
  readonly metadata: ResourceMetadata;
  /**
   * Verifies the access token of a request; its body is not touched.
   *
   * @throws DoormanError
   */
  authenticate(request: Request): Promise<Principal>;
  /**
   * Judges one operation by the policy.
   *
   * @throws DoormanError `scope_insufficient`, `operation_denied` or `method_unknown`
   */
  authorize(principal: Principal, operation: Operation): void;
  /** The whole pipeline: who calls and what for, or a finished refusal. Never throws. */
  guard(request: Request, transport?: Transport): Promise<Admitted | Response>;
  /** Answers an error as a refusal of this resource, with the challenge its code asks for. */
  readonly refuse: Refuse;
  /** Whether tokens can be verified right now; tries to load keys that are not there yet. */
  ready(): Promise<boolean>;
}

const bodyLimitBytes = 4 * 1024 * 1024;
const streamOperation: Operation = { kind: 'stream', method: null, known: true, targets: [] };
const terminateOperation: Operation = { ...streamOperation, kind: 'terminate' };

const nobody: Principal = {
  issuer: '',
  subject: null,
  clientId: null,
  scopes: new Set(),
  expiresAt: Number.POSITIVE_INFINITY,
  claims: {},
};

const mostLogged = 5;
const longestLogged = 256;

/** What an operation touches, short enough for a log line whatever the client wrote. */
function describeTargets({ targets }: Operation): LogFields {
  const shown = targets.slice(0, mostLogged);
  return {
    targets: shown.map(({ type, name }) => `${type} ${name.slice(0, longestLogged)}`),
    ...(targets.length > mostLogged && { targetCount: targets.length }),
  };
}

/**
 * Makes the OAuth 2.1 resource server for one MCP endpoint: verification, policy and refusals on
 * web-standard requests, without any transport to an MCP server.
 *
 * Path, `Host` and `Origin` are not checked here; the host application owns its routes.
 *
 * @throws TypeError for options that cannot be enforced, such as an issuer without audience.
 */
export function createResourceServer(options: ResourceServerOptions): ResourceServer {
  const { policy, ports, resource } = options;
  const verifier = options.insecureNoAuth
    ? null
    : createVerifier({ issuers: options.issuers, ports });
  const first = firstScopes(policy, options.challengeScopes);
  const metadata = resourceMetadata({
    resource,
    authorizationServers: options.issuers.map(({ issuer }) => issuer),
    scopes: first,
  });
  const refuse = createRefuse({
    resourceMetadata: metadata.url,
    first,
    known: policy.scopes,
    log: ports.log,
  });

  async function authenticate(request: Request): Promise<Principal> {
    if (verifier === null) return nobody;
    const token = readBearer(request.headers.get('Authorization'));
    if (token === null) throw new DoormanError('token_missing');
    return verifier.verify(token);
  }

  function authorize(principal: Principal, operation: Operation): void {
    const decision = decide(principal, operation, policy);
    if (decision.allowed) return;
    const detail = {
      issuer: principal.issuer,
      subject: principal.subject,
      method: operation.method,
      ...describeTargets(operation),
    };
    if (decision.code === 'scope_insufficient') {
      const scopes = challengeScopes(principal, decision.needed, policy);
      throw new DoormanError(decision.code, {
        detail: { ...detail, needed: decision.needed },
        scopes,
      });
    }
    const rpcCode = decision.code === 'method_unknown' ? { rpcCode: -32601 } : {};
    throw new DoormanError(decision.code, { detail, ...rpcCode });
  }

  async function readRequest(request: Request): Promise<Message | null> {
    if (request.method === 'POST') return readMessage(await readBody(request, bodyLimitBytes));
    if (request.method === 'GET' || request.method === 'DELETE') return null;
    throw new DoormanError('method_not_allowed');
  }

  async function guard(request: Request, transport: Transport = {}): Promise<Admitted | Response> {
    let message: Message | null = null;
    let revision = request.headers.get('MCP-Protocol-Version');
    try {
      const principal = await authenticate(request);
      message = await readRequest(request);
      revision = message?.revision ?? revision;
      const operation =
        message?.operation ?? (request.method === 'GET' ? streamOperation : terminateOperation);
      authorize(principal, operation);
      return { principal, operation, message, revision };
    } catch (error) {
      return refuse(error, { message, revision, transport });
    }
  }

  return {
    metadata,
    authenticate,
    authorize,
    guard,
    refuse,
    ready: async () => verifier === null || verifier.ready(),
  };
}
