import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DoormanError } from '../core/errors.ts';
import type { Clock, Log } from '../core/ports.ts';
import type { AnswerRules } from '../guard/answers.ts';
import type { DescribeTools } from '../guard/tool-hints.ts';
import { isModern } from '../mcp/revision.ts';
import type { Admitted } from '../resource-server.ts';
import { createAnswer } from './answer.ts';
import { createDescribeTools } from './describe-tools.ts';
import { upstreamRequestHeaders } from './forward-headers.ts';
import { createHttpUpstream, type HttpUpstreamOptions } from './http-upstream.ts';
import { withoutCredentials } from './redaction.ts';
import type { SseSessionsOptions } from './sse-sessions.ts';
import { createSseUpstream } from './sse-upstream.ts';
import { createStdioUpstream, type StdioUpstreamOptions } from './stdio-upstream.ts';
import type { Upstream } from './upstream.ts';
import type { IdentityTeller } from './upstream-identity.ts';

/** Streamable HTTP, the HTTP+SSE of MCP 2024-11-05, or a child of this process. */
export type UpstreamOptions =
  | ({ readonly transport: 'http' | 'sse' } & HttpUpstreamOptions)
  | ({ readonly transport: 'stdio' } & Omit<StdioUpstreamOptions, 'clock' | 'log'>);

export interface GatewayOptions extends SseSessionsOptions {
  readonly resource: string;
  readonly upstream: UpstreamOptions;
  readonly identity: IdentityTeller;
  readonly clock: Clock;
  readonly log: Log;
  /** What the answer to an admitted request has to pass. */
  readonly answers: (admitted: Admitted) => AnswerRules;
}

export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly requestId: string;
  /** Headers of our own for the answer. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Gateway {
  /**
   * Carries an admitted request to the upstream and its answer back.
   *
   * @throws DoormanError `upstream_*`, only while nothing has been written to the client.
   */
  forward(admitted: Admitted, exchange: Exchange): Promise<void>;
  readonly describeTools: DescribeTools;
  /** Whether the MCP server can be expected to answer, as far as that is known. */
  ready(): boolean;
  /** Ends the open event streams that would not end by themselves; calls run on. */
  endStreams(): void;
  /** Cuts what is still running. */
  close(): Promise<void>;
}

/** Answered by a stream that stays open (MCP 2026-07-28). */
const endlessMethod = 'subscriptions/listen';
/** Earlier revisions let a call run on when its client goes away; this long, and no longer. */
const detachedTimeoutMs = 10 * 60 * 1000;
const methods = { stream: 'GET', terminate: 'DELETE' } as const;

function createUpstream({ upstream, ...options }: GatewayOptions): Upstream {
  if (upstream.transport === 'stdio') return createStdioUpstream({ ...options, ...upstream });
  const { transport, ...server } = upstream;
  if (transport === 'sse') return createSseUpstream({ ...options, ...server });
  return createHttpUpstream(server);
}

/** The one `session` of a request's query; everything else there is not looked at. */
function sessionOf({ url = '' }: IncomingMessage): string | null {
  const query = url.indexOf('?');
  if (query === -1) return null;
  const [session = null, ...more] = new URLSearchParams(url.slice(query + 1)).getAll('session');
  return more.length > 0 ? null : session;
}

/** The way from an admitted request to the MCP server and back. */
export function createGateway(options: GatewayOptions): Gateway {
  const { resource, identity, answers } = options;
  const upstream = createUpstream(options);
  const streams = new AbortController();
  setMaxListeners(0, streams.signal);

  async function forward(admitted: Admitted, exchange: Exchange): Promise<void> {
    const { message, operation } = admitted;
    const { incoming, outgoing, requestId } = exchange;
    const method =
      operation.kind in methods ? methods[operation.kind as keyof typeof methods] : 'POST';
    const isEndless = method === 'GET' || operation.method === endlessMethod;
    const told = await identity.headersFor(admitted.principal);
    const allowed = upstreamRequestHeaders({
      headers: incoming.headers,
      clientAddress: incoming.socket.remoteAddress ?? '',
      requestId,
      resource,
      hasBody: message !== null,
      session: admitted.session,
      resumes: admitted.session !== null,
    });
    const body = message?.canonical ?? null;
    const stop = isEndless ? streams.signal : null;
    stop?.throwIfAborted();
    const whole = createAnswer({
      outgoing,
      headers: { ...exchange.headers, 'x-request-id': requestId },
      rules: answers(admitted),
      cancelOnDisconnect: method === 'GET' || isModern(admitted.revision),
      detachedTimeoutMs,
      stop,
    });
    const answer = withoutCredentials(whole, identity.credentials);
    const sseSession = sessionOf(incoming);
    const headers = { ...allowed, ...told };
    await upstream.forward({ method, headers, body, sseSession, admitted }, answer);
  }

  return {
    forward,
    describeTools: createDescribeTools({ upstream, identity, resource }),
    ready: () => upstream.ready?.() ?? true,
    endStreams: () => streams.abort(new DoormanError('shutting_down')),
    close: () => upstream.close(),
  };
}
