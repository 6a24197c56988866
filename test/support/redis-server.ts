import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { bareEnvironment, type Child, startChild } from './child.ts';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Ends it at once, as a power cut would. */
  stop(): Promise<void>;
  /** Starts it again on its port, empty. */
  start(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

export interface RedisServerOptions {
  readonly password?: string;
  /** Whether it is started at once; it is unless this is `false`. */
  readonly started?: boolean;
}

/** A real `redis-server` of its own on a free loopback port, which keeps nothing on disk. */
export async function redisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-doorman-redis-'));
  const { port, release } = await reservePort(0);
  await release();
  const { password, started = true } = options;
  const settings = ['--bind', '127.0.0.1', '--port', `${port}`, '--save', '', '--dir', folder];
  if (password !== undefined) settings.push('--requirepass', password);
  let child: Child | null = null;

  async function start(): Promise<void> {
    child = startChild('redis-server', settings, { env: bareEnvironment({}) });
    await child.printed('stdout', 'Ready to accept connections');
  }

  async function stop(): Promise<void> {
    await child?.stop();
    child = null;
  }

  if (started) await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    stop,
    signal: (name) => child?.signal(name),
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
