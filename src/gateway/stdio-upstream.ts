import { randomBytes } from 'node:crypto';
import type { EnvironmentTemplate } from '../core/environment-template.ts';
import type { Clock, Log } from '../core/ports.ts';
import type { Principal } from '../core/types.ts';
import { isModern } from '../mcp/revision.ts';
import { sendResponse } from './send-response.ts';
import { type ChildCommand, type StdioChild, startChild } from './stdio-child.ts';
import { createChildren } from './stdio-children.ts';
import { childEnvironment, principalText } from './stdio-environment.ts';
import type { Era } from './stdio-handshake.ts';
import type { ModernService } from './stdio-modern.ts';
import type { StdioSession } from './stdio-session.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';

export interface StdioUpstreamOptions extends ChildCommand {
  /** Variables of the children, besides what every program needs. */
  readonly env: Readonly<Record<string, EnvironmentTemplate>>;
  /** Children that may run at a time, in all and for one principal. */
  readonly maxChildren: number;
  readonly maxChildrenPerPrincipal: number;
  /** How long a child lives that nobody uses or listens to. */
  readonly idleMs: number;
  /** Longest wait for a child to answer the first request. */
  readonly startTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the children of one principal are started with, and know it by. */
interface Household {
  readonly owner: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The same for all tokens that may share a child. */
  readonly key: string;
}

interface OpenSession {
  readonly session: StdioSession;
  /** Key of the household. */
  readonly of: string;
}

const stopGraceMs = 2_000;

function methodNotAllowed(): Response {
  return new Response(null, { status: 405, headers: { Allow: 'POST' } });
}

function sessionError(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}

/**
 * The hop to an MCP server that speaks on its standard input and output, and runs as a child of this
 * process: one for each session, and one for each principal whose clients speak MCP 2026-07-28,
 * which has no sessions. No child ever works for two principals, nor for a token whose claims would
 * have given it other variables.
 */
export function createStdioUpstream(options: StdioUpstreamOptions): Upstream {
  const { program, args, cwd, env, idleMs, startTimeoutMs, clock, log } = options;
  const { maxChildren: max, maxChildrenPerPrincipal: maxPerPrincipal } = options;
  const children = createChildren({ max, maxPerPrincipal, clock });
  const sessions = new Map<string, OpenSession>();
  const services = new Map<string, ModernService>();
  const era: Era = { modern: null };
  // The SDK takes a while to load, which only those wait for who have such a server.
  const sdk = Promise.all([import('./stdio-session.ts'), import('./stdio-modern.ts')]);

  function householdOf(principal: Principal): Household {
    const owner = principalText(principal);
    const environment = childEnvironment(env, principal, process.env);
    return { owner, environment, key: JSON.stringify([owner, environment]) };
  }

  function startFor({ owner, environment }: Household): StdioChild {
    const command = { program, args, cwd, environment };
    return children.start(owner, () => startChild({ ...command, stopGraceMs, clock, log }));
  }

  async function serviceOf(principal: Principal): Promise<ModernService> {
    const household = householdOf(principal);
    const { key } = household;
    const [, { createModernService }] = await sdk;
    const existing = services.get(key);
    if (existing !== undefined) return existing;
    const service = createModernService({
      ...{ era, idleMs, startTimeoutMs },
      start: () => startFor(household),
      onEnd: () => {
        if (services.get(key) === service) services.delete(key);
      },
    });
    services.set(key, service);
    return service;
  }

  async function openSession(principal: Principal): Promise<StdioSession> {
    const household = householdOf(principal);
    const [{ createSession }] = await sdk;
    const id = randomBytes(16).toString('hex');
    const session = createSession({
      ...{ id, idleMs, startTimeoutMs },
      start: () => startFor(household),
      onEnd: () => void sessions.delete(id),
    });
    sessions.set(id, { session, of: household.key });
    return session;
  }

  async function begin(session: StdioSession, request: UpstreamRequest): Promise<Response> {
    const response = await session.handle(request).catch((error: unknown) => {
      void session.close();
      throw error;
    });
    if (!response.ok) void session.close();
    return response;
  }

  async function inSession(request: UpstreamRequest): Promise<Response> {
    const { headers, admitted } = request;
    if (admitted.operation.method === 'initialize')
      return begin(await openSession(admitted.principal), request);
    const id = headers['mcp-session-id'];
    if (id === undefined) return sessionError(400, -32000, 'Mcp-Session-Id header is required');
    const open = sessions.get(id);
    if (open?.of === householdOf(admitted.principal).key) return open.session.handle(request);
    // The next session of a token with other claims has another store.
    void open?.session.close();
    return sessionError(404, -32001, 'Session not found');
  }

  async function respond(request: UpstreamRequest, signal: AbortSignal): Promise<Response> {
    const { headers, body, admitted } = request;
    if (!isModern(admitted.revision)) return inSession(request);
    if (body === null) return methodNotAllowed();
    if (admitted.message?.kind !== 'request') return new Response(null, { status: 202 });
    const service = await serviceOf(admitted.principal);
    return service.handle({ headers, body, signal });
  }

  return {
    async forward(request, answer) {
      const gone = new AbortController();
      answer.onCancel((reason) => gone.abort(reason));
      try {
        await sendResponse(await respond(request, gone.signal), answer);
      } catch (error) {
        if (!gone.signal.aborted) throw error;
        answer.fail(gone.signal.reason);
      }
    },
    ready: () => children.healthy(),
    close: () => children.close(),
  };
}
