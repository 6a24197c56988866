import {
  type JSONRPCMessage,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { DoormanError } from '../core/errors.ts';
import { type StdioChild, settledWithin } from './stdio-child.ts';
import { createFlow } from './stdio-flow.ts';
import {
  metaOf,
  parseMessage,
  type RequestId,
  serverEnded,
  type WireMessage,
} from './stdio-message.ts';
import { createReplayLog } from './stdio-replay.ts';

export interface SessionRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  /** Canonical message; `null` for GET and DELETE. */
  readonly body: string | null;
}

export interface SessionOptions {
  readonly id: string;
  /** Starts the session's child. @throws DoormanError where there may be none */
  readonly start: () => StdioChild;
  /** Longest wait for the answer to `initialize`. */
  readonly startTimeoutMs: number;
  /** How long a session lives that nobody uses or listens to. */
  readonly idleMs: number;
  /** Called once, when the session is over. */
  readonly onEnd: () => void;
}

/** A session of MCP before 2026-07-28: the SDK's transport on this side, a child on the other. */
export interface StdioSession {
  /** @throws DoormanError `upstream_unavailable` or `upstream_timeout`, and what `start` throws */
  handle(request: SessionRequest): Promise<Response>;
  /** Resolves when the child is gone. */
  close(): Promise<void>;
}

function refusal(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}

/** A request of the client that waits for its answer. */
interface Pending {
  readonly progressToken: unknown;
  settle(answer: WireMessage): void;
}

/**
 * Makes a session, which begins with the first request it is given. What the child says about a
 * request goes to the stream of that request: an answer by its id, progress by its token, and what
 * stdio ties to none, the child's own requests and log messages, to the newest one.
 */
export function createSession(options: SessionOptions): StdioSession {
  const { id, start, startTimeoutMs, idleMs, onEnd } = options;
  const replayLog = createReplayLog();
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    eventStore: replayLog,
  });
  const pending = new Map<RequestId, Pending>();
  let child: StdioChild | null = null;
  let over = false;
  /** Requests that have no response yet. */
  let busy = 0;
  const flow = createFlow({ pause: () => child?.pause(), resume: () => child?.resume() });
  const idle = setTimeout(endWhenIdle, idleMs).unref();

  function endWhenIdle(): void {
    if (busy > 0 || flow.open() > 0) idle.refresh();
    else void close();
  }

  function requestOf(message: WireMessage): RequestId | undefined {
    if (message.method === 'notifications/progress') {
      const token = message.params?.progressToken;
      return [...pending].find(([, { progressToken }]) => progressToken === token)?.[0];
    }
    const untied = message.id !== undefined || message.method === 'notifications/message';
    return untied ? [...pending.keys()].at(-1) : undefined;
  }

  async function toClient(message: WireMessage): Promise<void> {
    const isAnswer = message.method === undefined;
    const request = isAnswer ? message.id : requestOf(message);
    if (isAnswer) {
      const asked = pending.get(message.id ?? '');
      if (asked === undefined) return;
      // Only what was asked for is use: a child that talks to itself would live forever.
      idle.refresh();
      pending.delete(message.id ?? '');
      asked.settle(message);
    }
    const tie = request === undefined ? {} : { relatedRequestId: request };
    // A stream that is gone has no place for it; the transport keeps what may be asked for again.
    await transport.send(message as JSONRPCMessage, tie).catch(() => {});
  }

  async function finish(): Promise<void> {
    if (over) return;
    over = true;
    clearTimeout(idle);
    const unanswered = [...pending.keys()].map((request) =>
      toClient({ jsonrpc: '2.0', id: request, error: serverEnded }),
    );
    await Promise.all(unanswered);
    await transport.close();
    onEnd();
  }

  async function close(): Promise<void> {
    await finish();
    await child?.close();
  }

  function begin(): StdioChild {
    const started = start();
    started.onMessage((message) => void toClient(message));
    void started.ended.then(finish);
    return started;
  }

  /** Passes an accepted message on; only now is there a child to start. */
  function toChild(body: string, message: WireMessage): Promise<WireMessage> | null {
    child ??= begin();
    if (message.method === undefined || message.id === undefined) {
      child.send(body);
      return null;
    }
    const request = message.id;
    const answer = new Promise<WireMessage>((settle) => {
      pending.set(request, { progressToken: metaOf(message.params).progressToken, settle });
    });
    try {
      child.send(body);
    } catch (error) {
      pending.delete(request);
      throw error;
    }
    return answer;
  }

  /** A child that does not even answer `initialize` has no session. */
  async function checkBegun(answer: Promise<WireMessage>): Promise<void> {
    const ended = child?.ended ?? Promise.resolve('');
    const inTime = await settledWithin(answer, startTimeoutMs);
    const error = inTime ? (await answer).error : undefined;
    if (inTime && error === undefined) return;
    void close();
    if (!inTime) throw new DoormanError('upstream_timeout');
    if (error === serverEnded)
      throw new DoormanError('upstream_unavailable', { detail: { reason: await ended } });
  }

  async function handlePost(body: string, request: Request): Promise<Response> {
    const message = parseMessage(body);
    if (message.id !== undefined && message.method !== undefined && pending.has(message.id))
      return refusal(400, -32600, 'Invalid Request: another request has this id');
    const response = await transport.handleRequest(request, { parsedBody: message });
    if (!response.ok) return response;
    try {
      const answer = toChild(body, message);
      if (answer !== null && message.method === 'initialize') await checkBegun(answer);
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
    return response;
  }

  async function respond({ method, headers, body }: SessionRequest): Promise<Response> {
    const request = new Request('http://stdio.invalid/', { method, headers });
    if (body !== null) return handlePost(body, request);
    const lastEvent = headers['last-event-id'];
    if (method === 'GET' && lastEvent !== undefined && !replayLog.has(lastEvent))
      return refusal(400, -32000, 'Bad Request: this event is not remembered');
    const response = await transport.handleRequest(request);
    if (method === 'DELETE' && response.ok) void close();
    return response;
  }

  return {
    async handle(request) {
      idle.refresh();
      busy += 1;
      try {
        return flow.limit(await respond(request));
      } finally {
        busy -= 1;
      }
    },
    close,
  };
}
