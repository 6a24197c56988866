import type { StdioChild } from './stdio-child.ts';
import { createFlow, type Flow } from './stdio-flow.ts';
import { type Era, shakeHands } from './stdio-handshake.ts';
import { parseMessage } from './stdio-message.ts';
import type { ModernHandler } from './stdio-native.ts';

export interface ModernServiceOptions {
  /** Starts a child for this principal. @throws DoormanError where there may be none */
  readonly start: () => StdioChild;
  readonly era: Era;
  /** Longest wait for a child to begin its work. */
  readonly startTimeoutMs: number;
  /** How long a child lives that nobody uses or listens to. */
  readonly idleMs: number;
  /** Called once, when its child ends or does not begin; the next request needs a new service. */
  readonly onEnd: () => void;
}

export interface ModernRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Canonical message. */
  readonly body: string;
  /** Aborted when the client has gone away, which cancels the request. */
  readonly signal: AbortSignal;
}

/** Serves the 2026-07-28 clients of one principal, which have no sessions, by one child. */
export interface ModernService {
  /** @throws DoormanError `upstream_unavailable` or `upstream_timeout`, and what `start` throws */
  handle(request: ModernRequest): Promise<Response>;
}

interface Connection {
  readonly handler: ModernHandler;
  readonly flow: Flow;
  readonly idle: NodeJS.Timeout;
}

/** Makes the service of one principal; its child is started at once. */
export function createModernService(options: ModernServiceOptions): ModernService {
  const { start, era, startTimeoutMs, idleMs, onEnd } = options;
  let busy = 0;

  function watch(child: StdioChild, flow: Flow): NodeJS.Timeout {
    const idle = setTimeout(() => {
      if (busy > 0 || flow.open() > 0) return void idle.refresh();
      onEnd();
      void child.close();
    }, idleMs).unref();
    void child.ended.then(() => {
      clearTimeout(idle);
      onEnd();
    });
    return idle;
  }

  async function connect(): Promise<Connection> {
    const { child, handler } = await shakeHands(start, era, startTimeoutMs);
    const flow = createFlow(child);
    return { handler, flow, idle: watch(child, flow) };
  }

  const connected = connect();
  connected.catch(onEnd);

  return {
    async handle({ headers, body, signal }) {
      busy += 1;
      try {
        const { handler, flow, idle } = await connected;
        idle.refresh();
        const request = new Request('http://stdio.invalid/', { method: 'POST', headers, signal });
        return flow.limit(await handler(parseMessage(body), request));
      } finally {
        busy -= 1;
      }
    },
  };
}
