import { DoormanError } from './core/errors.ts';
import type { Scheme } from './core/sender-constraint.ts';
import type { HintsOf, Operation, Principal } from './core/types.ts';
import { type AnswerRules, createAnswers } from './guard/answers.ts';
import { type AuthenticateOptions, createAuthenticator } from './guard/authenticate.ts';
import type { Authorize } from './guard/authorize.ts';
import { filterResponse } from './guard/filter-response.ts';
import { enforce } from './guard/in-force.ts';
import { createOpenStreams } from './guard/open-streams.ts';
import type { Refuse, Transport } from './guard/refuse.ts';
import { createSessions } from './guard/sessions.ts';
import { createStepUps } from './guard/step-ups.ts';
import { createTasks } from './guard/tasks.ts';
import type { DescribeTools } from './guard/tool-hints.ts';
import { readBody } from './http/body.ts';
import type { Credential } from './http/credential.ts';
import type { ResourceMetadata } from './http/metadata.ts';
import { checkHeaders } from './mcp/headers.ts';
import { type Message, readMessage } from './mcp/message.ts';
import { bareOperation } from './mcp/operation.ts';
import type { ChallengeMode, Policy } from './policy/policy.ts';

export interface ResourceServerParts extends AuthenticateOptions {
  /** Public URL of the MCP endpoint, byte for byte: the identifier clients ask tokens for. */
  readonly resource: string;
  readonly policy: Policy;
  /** Which of the policy's scopes a first login is asked for. */
  readonly challengeScopes: ChallengeMode;
  /** How long an event stream may outlive its token; 30 seconds unless given. */
  readonly streamLeewaySeconds?: number;
  /**
   * Asks the MCP server for its list of tools, for rules by annotation. Without it such rules fit
   * only tools in a list that has passed here for the same caller within the last minute.
   */
  readonly describeTools?: DescribeTools;
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
  /** The session it is part of, which is this principal's; `null` for none. */
  readonly session: string | null;
  /** What the server's own list said of the tools it calls, where a rule asks for that. */
  readonly hintsOf?: HintsOf;
}

export interface ResourceServer {
  /** By the policy in force; `null` where nobody can log in: static tokens alone, or no protection. */
  readonly metadata: ResourceMetadata | null;
  /**
   * Verifies the access token of a request and its sender's key; the body is not touched.
   *
   * @throws DoormanError
   */
  authenticate(request: Request, transport?: Transport): Promise<Principal>;
  /** Judges one operation by the policy in force. */
  readonly authorize: Authorize;
  /** The whole pipeline: who calls and what for, or a finished refusal. Never throws. */
  guard(request: Request, transport?: Transport): Promise<Admitted | Response>;
  /** What the answer to an admitted request has to pass; {@link ResourceServer.filter} applies it. */
  answers(admitted: Admitted): AnswerRules;
  /** The answer to an admitted request as its client may see it, or a refusal. Never throws. */
  filter(response: Response, admitted: Admitted): Promise<Response>;
  /**
   * Replaces the policy as a whole, from the next request on. Open event streams whose operation it
   * does not permit end.
   */
  changePolicy(policy: Policy): void;
  /** Answers an error as a refusal of this resource, with the challenge its code asks for. */
  readonly refuse: Refuse;
  /** Whether requests can be judged right now; tries to load keys that are not there yet. */
  ready(): Promise<boolean>;
}

const bodyLimitBytes = 4 * 1024 * 1024;
const defaultStreamLeewaySeconds = 30;
const streamOperation = bareOperation('stream');
const terminateOperation = bareOperation('terminate');

async function readRequest(request: Request, revision: string | null): Promise<Message | null> {
  if (request.method === 'POST')
    return readMessage(await readBody(request, bodyLimitBytes), revision);
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
  const { resource, ports, store } = options;
  const { clock, digest, log } = ports;
  const authenticator = createAuthenticator(options);
  const { schemes } = authenticator;
  let inForce = enforce(options.policy, { ...options, schemes, log, clock });
  const authorize: Authorize = (...asked) => inForce.authorize(...asked);
  const refuse: Refuse = (...refused) => inForce.refuse(...refused);
  const sessions = createSessions({ resource, clock, digest, store });
  const stepUps = createStepUps({ resource, clock, digest, store });
  const { streamLeewaySeconds: leewaySeconds = defaultStreamLeewaySeconds } = options;
  const streams = createOpenStreams({ clock, log, leewaySeconds, authorize });
  const tasks = createTasks({ resource, clock, digest, store, log });
  const answers = createAnswers({ sessions, tasks, streams, listing: () => inForce.listing });

  async function permit(
    principal: Principal,
    operation: Operation,
    credential: Credential | null,
    hintsOf?: HintsOf,
  ): Promise<ReturnType<Authorize>> {
    try {
      const permission = authorize(principal, operation, hintsOf);
      stepUps.permitted(principal);
      return permission;
    } catch (error) {
      throw credential === null ? error : await stepUps.settle(error, principal, credential.token);
    }
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
      message = await readRequest(request, revision);
      revision = message?.revision ?? revision;
      checkHeaders(request.headers, message);
      const operation = operationOf(request, message);
      const session = await sessions.check(request, principal, { message, revision });
      const asked = { request, principal, message, revision, session, transport };
      const hintsOf = await inForce.hints?.learn(asked);
      if ((await permit(principal, operation, credential, hintsOf)).introspect) {
        principal = await authenticator.confirm(credential);
        // The issuer may know of fewer scopes by now than the token says.
        await permit(principal, operation, credential, hintsOf);
      }
      await tasks.check(principal, operation);
      const admitted = { principal, operation, message, revision, scheme, session };
      return hintsOf === undefined ? admitted : { ...admitted, hintsOf };
    } catch (error) {
      return refuse(error, { message, revision, scheme, transport });
    }
  }

  return {
    get metadata() {
      return inForce.metadata;
    },
    answers,
    filter: (response, admitted) =>
      filterResponse(response, answers(admitted)).catch((error: unknown) =>
        refuse(error, admitted),
      ),
    authenticate: async (request, { clientCertificate = null } = {}) =>
      authenticator.authenticate(authenticator.credential(request), request, clientCertificate),
    authorize,
    guard,
    changePolicy(policy) {
      inForce = enforce(policy, { ...options, schemes, log, clock });
      streams.review();
    },
    refuse,
    async ready() {
      const storeAnswers = store.get('ready').then(
        () => true,
        () => false,
      );
      return (await Promise.all([authenticator.ready(), storeAnswers])).every(Boolean);
    },
  };
}
