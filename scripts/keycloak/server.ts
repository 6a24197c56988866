import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { lightJava } from './distribution.ts';

export interface KeycloakServer {
  /** Its public origin, on loopback. */
  readonly url: string;
  /** Ends it, by force where it does not end by itself. */
  stop(): Promise<void>;
}

export interface KeycloakServerOptions {
  /** A built distribution; only read. */
  readonly home: string;
  /** An existing folder for all that this server writes. */
  readonly folder: string;
  /** Realm file to import at start. */
  readonly realmFile: string;
  /** Name of the realm in it. */
  readonly realm: string;
  readonly admin: { readonly username: string; readonly password: string };
}

const readyWithinMs = 180_000;
const stopWithinMs = 15_000;
const pollMs = 250;
const logCharacters = 3_000;
const shared = ['bin', 'conf', 'lib', 'providers', 'themes', 'version.txt'];

/** Keycloak has no option that moves `data/`; a home of links to the real one does. */
function privateHome({ home, folder, realm, realmFile }: KeycloakServerOptions): string {
  const own = join(folder, 'home');
  mkdirSync(join(own, 'data', 'import'), { recursive: true });
  for (const name of shared) symlinkSync(join(home, name), join(own, name));
  // A file of another name makes Keycloak exit.
  copyFileSync(realmFile, join(own, 'data', 'import', `${realm}-realm.json`));
  return own;
}

async function isReady(managementPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${managementPort}/health/ready`)).ok;
  } catch {
    return false;
  }
}

/**
 * Starts a built Keycloak on free ports of 127.0.0.1, importing one realm.
 *
 * @throws Error with the end of its log, where it is not ready within three minutes.
 */
export async function startKeycloak(options: KeycloakServerOptions): Promise<KeycloakServer> {
  const own = privateHome(options);
  const logFile = join(options.folder, 'keycloak.log');
  const [main, management] = await Promise.all([reservePort(0), reservePort(0)]);
  const url = `http://127.0.0.1:${main.port}`;
  await Promise.all([main.release(), management.release()]);
  const log = openSync(logFile, 'w');
  const child = spawn(
    'sh',
    [
      join(options.home, 'bin', 'kc.sh'),
      'start',
      '--optimized',
      '--import-realm',
      `-Dkc.home.dir=${own}`,
      `--hostname=${url}`,
      '--http-enabled=true',
      '--http-host=127.0.0.1',
      `--http-port=${main.port}`,
      '--http-management-host=127.0.0.1',
      `--http-management-port=${management.port}`,
      '--cache=local',
      '--log-level=INFO,io.smallrye.health:WARN',
    ],
    {
      // A group of its own: the shell and the Java below it end together.
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        JAVA_OPTS_APPEND: lightJava,
        KC_BOOTSTRAP_ADMIN_USERNAME: options.admin.username,
        KC_BOOTSTRAP_ADMIN_PASSWORD: options.admin.password,
      },
    },
  );
  closeSync(log);
  let running = true;
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  }).then(() => {
    running = false;
  });

  function signal(name: NodeJS.Signals): void {
    if (child.pid === undefined || !running) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // It has just ended.
    }
  }

  // For a run that is cut short: no Java stays behind. First, since others clear its files away.
  const abandon = (): void => signal('SIGKILL');
  process.prependOnceListener('exit', abandon);

  async function stop(): Promise<void> {
    signal('SIGTERM');
    const patience = new AbortController();
    const timeout = delay(stopWithinMs, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([ended, timeout]);
    patience.abort();
    signal('SIGKILL');
    await ended;
    process.off('exit', abandon);
  }

  const deadline = Date.now() + readyWithinMs;
  while (!(await isReady(management.port))) {
    if (!running || Date.now() > deadline) {
      await stop();
      const tail = readFileSync(logFile, 'utf8').slice(-logCharacters);
      throw new Error(`Keycloak did not become ready; its log ends with:\n${tail}`);
    }
    await delay(pollMs);
  }
  return { url, stop };
}
