import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, readChecks } from './checks.ts';
import type { SuiteName, Suites } from './suites.ts';

/** One way to run one of the suites. */
export interface Round {
  readonly title: string;
  /** The newest revision that it speaks. */
  readonly revision: '2025-11-25' | '2026-07-28';
  readonly suite: SuiteName;
  readonly options: readonly string[];
}

export const rounds: readonly Round[] = [
  {
    title: '0.2.0-alpha.12, 2025-11-25',
    revision: '2025-11-25',
    suite: 'suite-0.2',
    options: ['--requirements', '2025-11-25'],
  },
  {
    title: '0.2.0-alpha.12, 2026-07-28',
    revision: '2026-07-28',
    suite: 'suite-0.2',
    options: ['--requirements', '2026-07-28'],
  },
  { title: '0.1.16, all', revision: '2025-11-25', suite: 'suite-0.1', options: ['--suite', 'all'] },
];

const patienceMs = 180_000;
const lastCharacters = 2_000;

/**
 * Has a suite judge the MCP server at a URL.
 *
 * @param folder for what it writes; made anew.
 * @returns its checks. Failed ones are a finding, not an error.
 * @throws Error with the end of its output, where it judged nothing or came to no end.
 */
export async function judge(
  suites: Suites,
  { suite, options }: Round,
  url: string,
  folder: string,
): Promise<Check[]> {
  mkdirSync(folder, { recursive: true });
  const args = [suites.main(suite), 'server', '--url', url, ...options, '-o', folder];
  const child = spawn(suites.node, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-lastCharacters);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const abandon = (): void => void child.kill('SIGKILL');
  process.once('exit', abandon);
  const signal = await new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (_code, by) => resolve(by));
  }).finally(() => process.off('exit', abandon));
  const reports = readdirSync(folder);
  if (signal !== null || reports.length === 0) {
    const end = signal === null ? 'judged nothing' : `was ended by ${signal}`;
    throw new Error(`The suite ${end} at ${url}; its output ends with:\n${output}`);
  }
  return reports.flatMap((name) => {
    const file = join(folder, name, 'checks.json');
    return readChecks(name, existsSync(file) ? readFileSync(file, 'utf8') : null);
  });
}
