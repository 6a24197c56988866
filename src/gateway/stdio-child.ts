import { type ChildProcess, spawn } from 'node:child_process';
import { DoormanError } from '../core/errors.ts';
import type { Clock, Log } from '../core/ports.ts';
import { lineReader } from './stdio-lines.ts';
import { createChildLog } from './stdio-log.ts';
import { readMessages, type WireMessage } from './stdio-message.ts';

/** How to start an MCP server that speaks on its standard input and output. */
export interface ChildCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Working directory; the gateway's own for `null`. */
  readonly cwd: string | null;
}

export interface ChildOptions extends ChildCommand {
  /** All of it: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** How long it may take to end once its input is closed, and again once it is told to. */
  readonly stopGraceMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A running MCP server. */
export interface StdioChild {
  /**
   * Writes one message.
   *
   * @param message JSON text without line breaks.
   * @throws DoormanError `upstream_unavailable` where it has ended, or reads nothing any more
   */
  send(message: string): void;
  /** What to call with each message of its standard output. */
  onMessage(receive: (message: WireMessage) => void): void;
  /** Stops reading, so that it has to wait once the pipe is full. */
  pause(): void;
  resume(): void;
  /** How it ended, once it has: an exit code, a signal, or what it did wrong. */
  readonly ended: Promise<string>;
  /** Closes its input, then ends it and whatever it has started; resolves when it is gone. */
  close(): Promise<void>;
}

const maxLineBytes = 16 * 1024 * 1024;
const maxLogLineBytes = 8 * 1024;
const maxUnreadBytes = 16 * 1024 * 1024;
const drainMs = 1_000;
const ownGroup = process.platform !== 'win32';

/** Signals it and everything it has started: `npx`, for one, runs the server as its child. */
function signalTree({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(ownGroup ? -pid : pid, signal);
  } catch {
    // Nobody of them is left.
  }
}

/** @returns whether a promise is kept or broken in time. */
export function settledWithin(ended: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, false);
    const settle = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    ended.then(settle, settle);
  });
}

/**
 * Starts a child process, as the leader of a process group of its own where the system has those.
 * What it writes is read line by line; what is no JSON-RPC message is dropped and logged. A line
 * over 16 MiB ends it, since nobody could tell any more which request was being answered.
 */
export function startChild(options: ChildOptions): StdioChild {
  const { program, args, cwd, environment, stopGraceMs, clock, log } = options;
  const child = spawn(program, args, {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: ownGroup,
    windowsHide: true,
    ...(cwd !== null && { cwd }),
  });
  const childLog = createChildLog(log, clock, child.pid ?? 0);
  let receive: (message: WireMessage) => void = () => {};
  let fault: string | null = null;

  const ended = new Promise<string>((resolve) => {
    const finish = (how: string): void => resolve(fault ?? how);
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) finish(`${program} not started: ${error.code ?? error.message}`);
    });
    child.once('close', (code, signal) =>
      finish(code === null ? `${signal}` : `exit code ${code}`),
    );
  });

  function condemn(reason: string): void {
    fault ??= reason;
    signalTree(child, 'SIGKILL');
  }

  child.once('exit', () => {
    // Whatever it leaves behind would run on unseen, and hold its output open.
    signalTree(child, 'SIGKILL');
    setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, drainMs).unref();
  });
  child.stdout.on(
    'data',
    lineReader(maxLineBytes, {
      line(bytes) {
        const messages = readMessages(bytes);
        if (messages === null) childLog.dropped(bytes.toString('utf8', 0, maxLogLineBytes));
        else for (const message of messages) receive(message);
      },
      tooLong: () => condemn('wrote a line that is too long'),
    }),
  );
  child.stdout.once('end', () => {
    // Usually it is just exiting; one that lives on can never answer again.
    const patience = setTimeout(condemn, drainMs, 'closed its output');
    child.once('exit', () => clearTimeout(patience));
  });
  const logError = (line: Buffer): void => childLog.stderr(line.toString('utf8'));
  child.stderr.on('data', lineReader(maxLogLineBytes, { line: logError, tooLong: logError }));
  // A broken pipe is no news: its end is.
  child.stdin.on('error', () => {});

  async function stop(): Promise<void> {
    child.stdin.end();
    if (await settledWithin(ended, stopGraceMs)) return;
    signalTree(child, 'SIGTERM');
    if (await settledWithin(ended, stopGraceMs)) return;
    signalTree(child, 'SIGKILL');
    await ended;
  }
  let stopped: Promise<void> | null = null;

  return {
    send(message) {
      const { writable, writableLength } = child.stdin;
      if (!writable || writableLength > maxUnreadBytes) {
        const reason = writable ? 'reads nothing' : 'has ended';
        throw new DoormanError('upstream_unavailable', { detail: { reason } });
      }
      child.stdin.write(`${message}\n`);
    },
    onMessage(callback) {
      receive = callback;
    },
    pause: () => void child.stdout.pause(),
    resume: () => void child.stdout.resume(),
    ended,
    close() {
      stopped ??= stop();
      return stopped;
    },
  };
}
