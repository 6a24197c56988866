import { randomBytes } from 'node:crypto';
import { DpopSession } from '@modelcontextprotocol/client';
import type { PolicyDocument } from '../../policy/document.ts';
import { untilSignal } from '../signals.ts';
import { type Idp, type Introspector, startIdp, type TokenFormat } from './idp.ts';
import { reservePort } from './listen.ts';
import { notesPolicy, notesScopes, recheckedNotesPolicy } from './notes-policy.ts';
import { createPrinter, type Screen } from './print.ts';
import { readyLines } from './ready-lines.ts';
import { type SampleServer, startSampleServer } from './sample-server.ts';
import { runWalk } from './walk.ts';

/** What the demo asks of the gateway. */
export interface GatewaySettings {
  readonly issuer: string;
  /** Public URL of the MCP endpoint; its path is the path served. */
  readonly resource: string;
  readonly upstream: string;
  /** Port on 127.0.0.1, the one that `resource` names. */
  readonly port: number;
  readonly policy: PolicyDocument;
  /** The gateway's own client at the issuer; `null` where tokens speak for themselves. */
  readonly introspector: Introspector | null;
  /** Whether only tokens that are bound to a key of their client count. */
  readonly dpop: boolean;
  readonly allowedOrigins: readonly string[];
}

export type StartGateway = (
  settings: GatewaySettings,
) => Promise<{ readonly url: string; close(): Promise<void> }>;

export interface DemoOptions {
  /** Leave after the walk instead of staying up. */
  readonly exit: boolean;
  /** Port of the gateway; a free one unless given. */
  readonly port?: number;
  /** Port of the identity provider; a free one unless given. */
  readonly idpPort?: number;
  readonly tokens: TokenFormat;
  /** Whether the client binds its tokens to a key of its own. */
  readonly dpop: boolean;
  readonly stdout: Screen;
  /** Where `NO_COLOR` is looked up; `process.env` unless given. */
  readonly env?: NodeJS.ProcessEnv;
  readonly startGateway: StartGateway;
}

const onlyBound = [
  'clients',
  'those that bind tokens with DPoP; for all others leave out --dpop',
] as const;

type Undo = () => Promise<void>;

/** Everybody on stage. */
interface Cast {
  readonly gatewayUrl: string;
  readonly idp: Idp;
  readonly sample: SampleServer;
}

/** The Inspector's own page, which talks to servers from the browser. */
const inspectorOrigins = ['http://localhost:6274', 'http://127.0.0.1:6274'];

async function startAll(
  { port = 0, idpPort = 0, tokens, dpop, startGateway }: DemoOptions,
  undo: Undo[],
): Promise<Cast> {
  const reserved = await reservePort(port);
  undo.push(reserved.release);
  const resource = `http://localhost:${reserved.port}/mcp`;
  const sample = await startSampleServer();
  undo.push(sample.close);
  const introspector =
    tokens === 'jwt'
      ? null
      : { clientId: 'mcp-doorman', clientSecret: randomBytes(32).toString('base64url') };
  const idp = await startIdp({
    port: idpPort,
    resource,
    scopes: notesScopes,
    accessTokenFormat: tokens,
    ...(introspector && { introspector }),
  });
  undo.push(idp.close);
  await reserved.release();
  const gateway = await startGateway({
    issuer: idp.issuer,
    resource,
    upstream: sample.url,
    port: reserved.port,
    policy: introspector ? recheckedNotesPolicy : notesPolicy,
    introspector,
    dpop,
    allowedOrigins: inspectorOrigins,
  });
  undo.push(gateway.close);
  return { gatewayUrl: resource, idp, sample };
}

async function play(options: DemoOptions, screen: Screen, undo: Undo[]): Promise<boolean> {
  const printer = createPrinter(screen, options.env ?? process.env);
  const { gatewayUrl, idp, sample } = await startAll(options, undo);
  printer.heading('mcp-doorman demo: an MCP client meets a server that asks who it is');
  printer.facts([
    ['gateway', `${gatewayUrl} (mcp-doorman, the only way in)`],
    ['MCP server', `${sample.url} (some notes; knows nothing of OAuth)`],
    ['identity provider', `${idp.issuer} (any name logs in)`],
  ]);
  const fetch = globalThis.fetch;
  const { tokens } = options;
  const dpop = options.dpop ? await DpopSession.create() : null;
  const held = await runWalk({ gatewayUrl, idp, sample, printer, fetch, tokens, dpop });
  printer.heading(
    held ? 'Every step went as it should.' : 'The walk ended early: see the step above.',
  );
  if (held && !options.exit) {
    // The walk has just deleted every note; whoever comes now should find some.
    sample.restoreNotes();
    printer.facts([
      ['now you', 'all of it stays up: log in with any name, stop with Ctrl-C'],
      ...(options.dpop ? [onlyBound] : []),
    ]);
    for (const { title, command } of readyLines(gatewayUrl, options.dpop))
      printer.command(title, command);
    printer.heading('');
  }
  return held;
}

/**
 * `mcp-doorman demo`: starts an identity provider, an MCP server and the gateway on loopback, takes
 * the walk, then stays up until SIGINT or SIGTERM unless `exit` is set or the walk failed.
 * Everything is closed again when it returns, also after a signal and when something throws.
 *
 * @returns the exit code: 0 when the whole walk went as it should, else 1.
 * @throws Error when something cannot start, such as on a port that is taken.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const undo: Undo[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of undo.splice(0).reverse()) await close();
  };
  const { signalled, ignore } = untilSignal();
  let curtain = false;
  const { isTTY, columns } = options.stdout;
  const screen = {
    isTTY,
    columns,
    write: (text: string) => curtain || options.stdout.write(text),
  };
  void signalled.then(() => {
    // What breaks off now does so because it was told to, and is nothing to report.
    curtain = true;
    options.stdout.write('\nStopped.\n');
  });
  const playing = play(options, screen, undo);
  try {
    const held = await Promise.race([playing, signalled.then(() => false)]);
    if (held && !options.exit) await signalled;
    return held ? 0 : 1;
  } finally {
    ignore();
    await closeAll();
    // A signal may come while something is still starting; it ends soon, now that its peers are gone.
    await playing.catch(() => {});
    await closeAll();
  }
}
