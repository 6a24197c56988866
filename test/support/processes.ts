import { contentOf, type WireMessage } from './mcp-wire.ts';

/** Whether a process exists; one that has ended but was not waited for still does. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process ids that a tool of `stdio-server.mjs` told of. */
export function pidsOf(answer: WireMessage): readonly number[] {
  return contentOf(answer).pids as number[];
}
