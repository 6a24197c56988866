import { DoormanError } from './core/errors.ts';
import type { LogFields } from './core/ports.ts';
import { unionScopes } from './core/scopes.ts';
import type { Scheme } from './core/sender-constraint.ts';
import type { Operation, Principal } from './core/types.ts';
import { type AnswerRules, filterResponse, passing } from './guard/answers.ts';
import { type AuthenticateOptions, createAuthenticator } from './guard/authenticate.ts';
import { createRefuse, type Refuse, type Transport } from './guard/refuse.ts';
import { readBody } from './http/body.ts';
import { type ResourceMetadata, resourceMetadata } from './http/metadata.ts';
import { type Message, readMessage } from './mcp/message.ts';
import { challengeScopes, decide } from './policy/decide.ts';
import { type ChallengeMode, firstScopes, type Policy } from './policy/policy.ts';

export interface ResourceServerParts extends AuthenticateOptions {
  /** Public URL of the MCP endpoint, byte for byte: the identifier clients ask tokens for. */
  readonly resource: string;
  readonly policy: Policy;
  /** Which of the policy's scopes a first login is asked for. */
  readonly challengeScopes: ChallengeMode;
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
  /** How its credential was sent; `null` where nobody has to send one. */
  readonly scheme: Scheme | null;
}

export interface ResourceServer {
  /** `null` where nobody can log in: static tokens alone, or no protection. */
  readonly metadata: ResourceMetadata | null;
  /**
   * Verifies the access token of a request and its sender's key; the body is not touched.
   *
   * @throws DoormanError
   */
  authenticate(request: Request, transport?: Transport): Promise<Principal>;
  /**
   * Judges one operation by the policy.
   *
   * @returns whether the issuer has to confirm the token before the operation may go on.
   * @throws DoormanError `scope_insufficient`, `operation_denied` or `method_unknown`
   */
  authorize(principal: Principal, operation: Operation): { readonly introspect: boolean };
  /** The whole pipeline: who calls and what for, or a finished refusal. Never throws. */
  guard(request: Request, transport?: Transport): Promise<Admitted | Response>;
  /** What the answer to an admitted request has to pass; {@link ResourceServer.filter} applies it. */
  answers(admitted: Admitted): AnswerRules;
  /** The answer to an admitted request as its client may see it, or a refusal. Never throws. */
  filter(response: Response, admitted: Admitted): Promise<Response>;
  /** Answers an error as a refusal of this resource, with the challenge its code asks for. */
  readonly refuse: Refuse;
  /** Whether tokens can be verified right now; tries to load keys that are not there yet. */
  ready(): Promise<boolean>;
}

const bodyLimitBytes = 4 * 1024 * 1024;
const streamOperation: Operation = { kind: 'stream', method: null, known: true, targets: [] };
const terminateOperation: Operation = { ...streamOperation, kind: 'terminate' };

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

async function readRequest(request: Request): Promise<Message | null> {
  if (request.method === 'POST') return readMessage(await readBody(request, bodyLimitBytes));
  if (request.method === 'GET' || request.method === 'DELETE') return null;
  throw new DoormanError('method_not_allowed');
}

function operationOf(request: Request, message: Message | null): Operation {
  return message?.operation ?? (request.method === 'GET' ? streamOperation : terminateOperation);
}

/**
 * Makes the OAuth 2.1 resource server for one MCP endpoint: verification, policy and refusals on
 * web-standard requests, without any transport to an MCP server. Clients are told of the issuers
 * that are marked as advertised, in the order given.
 *
 * Path, `Host` and `Origin` are not checked here; the host application owns its routes.
 *
 * @throws TypeError for options that cannot be enforced, such as an issuer without audience.
 */
export function assembleResourceServer(options: ResourceServerParts): ResourceServer {
  const { policy, resource, issuers, senderConstraint, ports } = options;
  const authenticator = createAuthenticator(options);
  const { schemes } = authenticator;
  const advertised = issuers.map(({ profile }) => profile).filter((profile) => profile.advertised);
  const requestScopes = (scopes: readonly string[], issuer: string | null): readonly string[] => {
    const own = advertised.filter((profile) => profile.issuer === issuer);
    const asked = own.length > 0 ? own : advertised;
    return unionScopes(...asked.map(({ requestScope }) => scopes.map(requestScope)));
  };
  const first = firstScopes(policy, options.challengeScopes);
  const authorizationServers = advertised.map(({ issuer }) => issuer);
  const metadata =
    advertised.length === 0
      ? null
      : resourceMetadata({
          resource,
          authorizationServers,
          scopes: requestScopes(first, null),
          senderConstraint,
        });
  const refuse = createRefuse({
    resourceMetadata: metadata?.url ?? null,
    schemes,
    first,
    known: policy.scopes,
    requestScopes,
    log: ports.log,
  });

  function authorize(principal: Principal, operation: Operation): { introspect: boolean } {
    const decision = decide(principal, operation, policy);
    if (decision.allowed) return decision;
    const { issuer, subject } = principal;
    const detail = { issuer, subject, method: operation.method, ...describeTargets(operation) };
    if (decision.code === 'scope_insufficient') {
      const { code, needed } = decision;
      const scopes = challengeScopes(principal, needed, policy);
      throw new DoormanError(code, { detail: { ...detail, needed }, scopes });
    }
    const rpcCode = decision.code === 'method_unknown' ? { rpcCode: -32601 } : {};
    throw new DoormanError(decision.code, { detail, ...rpcCode });
  }

  async function guard(request: Request, transport: Transport = {}): Promise<Admitted | Response> {
    let message: Message | null = null;
    let scheme: Scheme | null = null;
    let revision = request.headers.get('MCP-Protocol-Version');
    try {
      const credential = authenticator.credential(request);
      scheme = credential?.scheme ?? null;
      const { clientCertificate = null } = transport;
      let principal = await authenticator.authenticate(credential, request, clientCertificate);
      message = await readRequest(request);
      revision = message?.revision ?? revision;
      const operation = operationOf(request, message);
      if (authorize(principal, operation).introspect) {
        principal = await authenticator.confirm(credential);
        // The issuer may know of fewer scopes by now than the token says.
        authorize(principal, operation);
      }
      return { principal, operation, message, revision, scheme };
    } catch (error) {
      return refuse(error, { message, revision, scheme, transport });
    }
  }

  const answers = (_admitted: Admitted): AnswerRules => passing;

  return {
    metadata,
    answers,
    filter: (response, admitted) =>
      filterResponse(response, answers(admitted)).catch((error: unknown) =>
        refuse(error, admitted),
      ),
    authenticate: async (request, { clientCertificate = null } = {}) =>
      authenticator.authenticate(authenticator.credential(request), request, clientCertificate),
    authorize,
    guard,
    refuse,
    ready: () => authenticator.ready(),
  };
}
