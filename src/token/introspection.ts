import {
  allowInsecureRequests,
  Configuration,
  customFetch,
  tokenIntrospection,
} from 'openid-client';
import type { IntrospectionClient } from '../core/issuer.ts';
import type { Ports } from '../core/ports.ts';
import type { IssuerProfile } from '../core/provider.ts';
import { createClientAuth, credentialsToSet } from './client-auth.ts';
import { exchange, type Failure, failure, type Outcome, type Reply } from './exchange.ts';
import type { AskIssuer } from './inquiry.ts';
import { decodeJsonObject, type JsonObject } from './json.ts';
import type { Keys } from './keys.ts';
import { readSignedAnswer, signedAnswerType } from './signed-answer.ts';

/** Where tokens are introspected, and how the issuer says that clients may authenticate there. */
export interface IntrospectionEndpoint {
  readonly url: string;
  readonly authMethods: readonly string[] | null;
}

export interface IntrospectionOptions {
  readonly profile: IssuerProfile;
  readonly client: IntrospectionClient;
  /** Asked before each call. Never rejects. */
  readonly locate: () => Promise<Outcome<IntrospectionEndpoint>>;
  /** For signed replies. */
  readonly keys: Keys;
  readonly ports: Ports;
}

const accept = `application/${signedAnswerType}, application/json;q=0.9`;

/** RFC 6749 section 5.2; some issuers answer these with 400 as well. */
const clientErrors: ReadonlySet<unknown> = new Set(['invalid_client', 'unauthorized_client']);

/**
 * Introspection of RFC 7662, replies signed by RFC 9701 included. `active` must be exactly true or
 * false, no member may occur twice. Status 400 means that the issuer cannot introspect this token,
 * unless it complains about our client.
 *
 * Not checked: what the answer says of the token; `judgeAnswer` does that.
 *
 * @throws TypeError when the client cannot authenticate by its method.
 */
export function createIntrospection(options: IntrospectionOptions): AskIssuer {
  const { profile, client, locate, keys, ports } = options;
  const { issuer } = profile;
  const auth = createClientAuth(client, ports.clock);

  function unauthenticated(got: string, supported: readonly string[] | null): Failure {
    const { clientId, method } = client;
    const set = `${credentialsToSet} to a client that may introspect`;
    const fields = { issuer, got, clientId, method, supported, set };
    ports.log.error('introspection_client_refused', fields);
    return failure(got);
  }

  async function read(
    { status, mediaType, body }: Reply,
    supported: readonly string[] | null,
  ): Promise<Outcome<JsonObject>> {
    const refused = (): Failure =>
      unauthenticated(`status ${status}: our own client was refused`, supported);
    if (status === 401 || status === 403) return refused();
    if (mediaType === `application/${signedAnswerType}` && status === 200)
      return readSignedAnswer(body, profile, client.clientId, keys);
    const value = decodeJsonObject(body);
    if (status === 400)
      return clientErrors.has(value?.error) ? refused() : { ok: true, value: { active: false } };
    return value === null ? failure('no JSON object') : { ok: true, value };
  }

  return async (token) => {
    const located = await locate();
    if (!located.ok) return located;
    const { url, authMethods } = located.value;
    const server = { issuer, introspection_endpoint: url };
    const config = new Configuration(server, client.clientId, {}, auth);
    if (url.startsWith('http:')) allowInsecureRequests(config);
    config.timeout = 0;

    let failed: Failure | null = null;
    config[customFetch] = async (target, { body, headers, method }) => {
      const init = { body, method, headers: { ...headers, accept } } as RequestInit;
      const reply = await exchange(target, init, [200, 400, 401, 403], ports);
      const answer = reply.ok ? await read(reply.value, authMethods) : reply;
      failed = answer.ok ? failure('active is neither true nor false') : answer;
      if (answer.ok) return Response.json(answer.value);
      throw new TypeError(answer.got);
    };
    try {
      const answer = await tokenIntrospection(config, token);
      return { ok: true, value: answer.active ? answer : 'inactive' };
    } catch {
      return failed ?? unauthenticated('our own client cannot sign for itself', authMethods);
    }
  };
}
