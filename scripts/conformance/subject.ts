import { fileURLToPath } from 'node:url';
import { bareEnvironment, startChild } from '../../test/support/child.ts';

/** Something the suite can judge. */
export interface Subject {
  /** Its MCP endpoint, which lets everybody in. */
  readonly url: string;
  close(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A server of ours in a process of its own, which prints where it listens.
 *
 * @param node runs TypeScript as it is, which starts in half the time.
 * @param fixture `file:` URL of its program.
 */
export async function startFixture(node: string, fixture: string): Promise<Subject> {
  const child = startChild(node, [fileURLToPath(fixture)], {
    cwd: root,
    env: bareEnvironment({}),
  });
  // For a run that is cut short: no server stays behind.
  const abandon = (): void => void child.stop();
  process.once('exit', abandon);
  const close = async (): Promise<void> => {
    process.off('exit', abandon);
    await child.stop();
  };
  try {
    await child.printed('stdout', '\n');
  } catch (error) {
    await close();
    throw error;
  }
  return { url: child.output.stdout.trim(), close };
}
