import { createServer, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { closeServer, listenOnLoopback } from '../../src/cli/demo/listen.ts';
import { parseEnvironmentTemplate } from '../../src/core/environment-template.ts';
import { DoormanError } from '../../src/core/errors.ts';
import type { Log } from '../../src/core/ports.ts';
import type { Operation, Principal } from '../../src/core/types.ts';
import { createAnswer } from '../../src/gateway/answer.ts';
import {
  createStdioUpstream,
  type StdioUpstreamOptions,
} from '../../src/gateway/stdio-upstream.ts';
import { passing } from '../../src/guard/answers.ts';
import { type Message, readMessage } from '../../src/mcp/message.ts';
import { isModern } from '../../src/mcp/revision.ts';
import { manualClock } from './clock.ts';

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A stdio upstream behind a bare HTTP front: everybody is who `X-User` says. */
export interface StdioFront {
  readonly url: string;
  readonly log: readonly LogLine[];
  close(): Promise<void>;
}

export type FrontOptions = Partial<StdioUpstreamOptions> & {
  /** How the fixture behaves from the start. */
  readonly mode?: string;
  readonly variables?: Readonly<Record<string, string>>;
};

const fixture = fileURLToPath(new URL('stdio-server.mjs', import.meta.url));

export function principalNamed(subject: string, claims: Principal['claims'] = {}): Principal {
  const issuer = 'https://issuer.test';
  return { issuer, subject, clientId: 'c', scopes: new Set(), expiresAt: 9e9, claims };
}

function templates(variables: Readonly<Record<string, string>>): StdioUpstreamOptions['env'] {
  const entries = Object.entries(variables).map(([name, value]) => {
    const template = parseEnvironmentTemplate(value, () => undefined);
    if (typeof template === 'string') throw new Error(`${name} ${template}`);
    return [name, template] as const;
  });
  return Object.fromEntries(entries);
}

function recordingLog(lines: LogLine[]): Log {
  const at =
    (level: string) =>
    (event: string, fields = {}): void =>
      void lines.push({ level, event, ...fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

async function read(incoming: IncomingMessage): Promise<Message | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return incoming.method === 'POST' ? readMessage(Buffer.concat(chunks)) : null;
}

const kinds = { GET: 'stream', DELETE: 'terminate', POST: 'request' } as const;

export async function startStdioFront(options: FrontOptions = {}): Promise<StdioFront> {
  const { mode = 'earlier', variables = {}, ...rest } = options;
  const log: LogLine[] = [];
  const upstream = createStdioUpstream({
    program: process.execPath,
    args: [fixture, mode],
    cwd: null,
    env: templates(variables),
    maxChildren: 8,
    maxChildrenPerPrincipal: 4,
    idleMs: 60_000,
    startTimeoutMs: 20_000,
    clock: manualClock(),
    log: recordingLog(log),
    ...rest,
  });
  const server = createServer(async (incoming, outgoing) => {
    const message = await read(incoming);
    const method = incoming.method as keyof typeof kinds;
    const { headers } = incoming;
    const operation: Operation = message?.operation ?? {
      ...{ kind: kinds[method], method: null, known: true, targets: [], task: null },
    };
    const revision = message?.revision ?? `${headers['mcp-protocol-version'] ?? ''}`;
    const principal = principalNamed(`${headers['x-user'] ?? 'alice'}`, {
      team: headers['x-team'],
    });
    const answer = createAnswer({
      outgoing,
      headers: {},
      rules: passing,
      cancelOnDisconnect: method === 'GET' || isModern(revision),
      detachedTimeoutMs: 50,
      stop: null,
    });
    const body = message?.canonical ?? null;
    const admitted = {
      principal,
      operation,
      message,
      revision,
      session: null,
      scheme: 'bearer',
    } as const;
    const forwarded = {
      ...{ method, headers: headers as Record<string, string>, body, admitted },
      sseSession: null,
    };
    await upstream.forward(forwarded, answer).catch((error: unknown) => {
      const { code, row, detail, retryAfterSeconds } =
        error instanceof DoormanError ? error : new DoormanError('internal_error');
      outgoing.writeHead(row.status, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ refused: code, detail, retryAfterSeconds, cause: `${error}` }));
    });
  });
  const port = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    log,
    async close() {
      await upstream.close();
      server.closeAllConnections();
      await closeServer(server);
    },
  };
}
