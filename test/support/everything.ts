import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { bareEnvironment, startChild } from './child.ts';

export interface EverythingServer {
  readonly url: string;
  close(): Promise<void>;
}

const require = createRequire(import.meta.url);
const manifest = require.resolve('@modelcontextprotocol/server-everything/package.json');
const main = join(dirname(manifest), 'dist/index.js');
const attempts = 5;

const paths = { streamableHttp: '/mcp', sse: '/sse' } as const;
type Mode = keyof typeof paths;

async function attempt(port: number, mode: Mode): Promise<EverythingServer> {
  const env = bareEnvironment({ PORT: `${port}` });
  const child = startChild(process.execPath, [main, mode], { env });
  try {
    await child.printed('stderr', `on port ${port}`);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}${paths[mode]}`, close: child.stop };
}

/** The reference server of the protocol's makers, as published, over Streamable HTTP unless told. */
export async function startEverything(mode: Mode = 'streamableHttp'): Promise<EverythingServer> {
  for (let left = attempts; ; left -= 1) {
    const { port, release } = await reservePort(0);
    await release();
    try {
      return await attempt(port, mode);
    } catch (error) {
      // It cannot be told to choose a port itself, so somebody may have been faster.
      if (left === 1) throw error;
    }
  }
}
