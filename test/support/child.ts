import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  readonly pid: number;
  /** Everything it has printed so far. */
  readonly output: { stdout: string; stderr: string };
  /** Its exit code, or the signal that ended it, once it has ended. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /**
   * Waits until it has printed a text.
   *
   * @throws Error with what it printed instead, if it ends before.
   */
  printed(stream: 'stdout' | 'stderr', text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Ends it, and all of its process group where it leads one. */
  stop(): Promise<void>;
}

/** The environment without what would configure the child by accident. */
export function bareEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, ...extra };
}

function end(child: ChildProcess, group: boolean): void {
  if (child.pid === undefined) return;
  try {
    process.kill(group ? -child.pid : child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Starts a program whose output the test reads and whose end it can wait for. */
export function startChild(command: string, args: readonly string[], options: SpawnOptions): Child {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  const streams = { stdout: child.stdout, stderr: child.stderr };
  for (const name of ['stdout', 'stderr'] as const) {
    streams[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const exited = once(child, 'close').then(([code, signal]) => code ?? signal);
  return {
    pid: child.pid ?? 0,
    output,
    exited,
    async printed(stream, text) {
      while (!output[stream].includes(text)) {
        const more = streams[stream] ? once(streams[stream], 'data') : exited;
        const ended = exited.then(() => 'ended' as const);
        if ((await Promise.race([more, ended])) === 'ended' && !output[stream].includes(text)) {
          throw new Error(`ended without "${text}"\n${output.stdout}\n${output.stderr}`);
        }
      }
    },
    signal: (name) => void process.kill(child.pid ?? 0, name),
    async stop() {
      end(child, options.detached ?? false);
      await exited;
    },
  };
}
