import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Machine } from './machine.ts';

/** Where something fetched is kept for all later runs on this machine. */
export function cachePath(name: string, { XDG_CACHE_HOME: xdg }: Machine['env']): string {
  return join(xdg || join(homedir(), '.cache'), 'mcp-doorman', name);
}

/**
 * A folder that is made ready once and never written to again. It comes into being in one step, so
 * what is cut short, or done twice at once, is never used.
 *
 * @param make makes it somewhere in the empty folder it is given, and says where.
 * @returns its path.
 * @throws Error of `make`, leaving nothing behind.
 */
export async function makeOnce(
  path: string,
  make: (work: string) => Promise<string>,
): Promise<string> {
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const work = mkdtempSync(join(dirname(path), 'making-'));
  const remove = (): void => rmSync(work, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const made = await make(work);
    try {
      renameSync(made, path);
    } catch (error) {
      if (!existsSync(path)) throw error;
    }
    return path;
  } finally {
    process.off('exit', remove);
    remove();
  }
}
