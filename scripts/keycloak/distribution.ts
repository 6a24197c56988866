import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath, makeOnce } from '../cache.ts';
import type { Machine } from '../machine.ts';

export const keycloakVersion = '26.7.3';

/** Where a test run gets its Keycloak from, in the order in which they are looked for. */
export type KeycloakSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'home'; readonly home: string }
  | { readonly kind: 'download' };

/** About half the CPU time of the defaults; a test server is not there to be fast for long. */
export const lightJava = '-XX:TieredStopAtLevel=1 -XX:-UseG1GC -XX:+UseSerialGC';
const artifact = `org.keycloak:keycloak-quarkus-dist:${keycloakVersion}:zip`;
const archive = `keycloak-quarkus-dist-${keycloakVersion}.zip`;
const unpacked = `keycloak-${keycloakVersion}`;
const packages = ['default-jdk-headless', 'maven'];

/** `KEYCLOAK_URL`, else `KEYCLOAK_HOME`, else the distribution from Maven Central. */
export function chooseSource(env: Machine['env']): KeycloakSource {
  const { KEYCLOAK_URL: url, KEYCLOAK_HOME: home } = env;
  if (url) return { kind: 'url', url: url.replace(/\/$/, '') };
  if (home) return { kind: 'home', home };
  return { kind: 'download' };
}

/** Settings that are fixed when Keycloak is built, so that each start takes half the time. */
async function build(home: string, machine: Machine): Promise<void> {
  const options = ['--db=dev-file', '--health-enabled=true'];
  machine.say('Building Keycloak (about 20 s) ...');
  await machine.run('sh', [join(home, 'bin', 'kc.sh'), 'build', ...options], {
    env: { JAVA_OPTS_APPEND: lightJava },
  });
}

async function installTools(machine: Machine, needed: readonly string[]): Promise<void> {
  const missing = needed.filter((program) => !machine.has(program));
  if (missing.length === 0) return;
  const lack = `Keycloak needs a JDK (17 or newer) and Maven, and ${missing.join(', ')} cannot be found`;
  if (!machine.isRoot || !machine.has('apt-get')) {
    throw new Error(
      `${lack}. Install them, or set KEYCLOAK_HOME to an unpacked Keycloak ${keycloakVersion}, or KEYCLOAK_URL to a running one.`,
    );
  }
  machine.say(`${lack}: installing ${packages.join(' and ')} with apt-get ...`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await machine.run('apt-get', ['update', '-q'], { env });
  await machine.run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], {
    env,
  });
}

/**
 * The distribution from Maven Central, downloaded, unpacked and built once per machine.
 *
 * @returns its folder, shared by all runs and never written to again.
 * @throws Error with the reason and the other ways, where it cannot be had.
 */
export async function downloadedHome(machine: Machine): Promise<string> {
  const home = cachePath(`${unpacked}-built`, machine.env);
  await installTools(machine, existsSync(home) ? ['java'] : ['java', 'jar', 'mvn']);
  return makeOnce(home, async (work) => {
    machine.say(`Fetching ${artifact} from Maven Central (160 MB) ...`);
    await machine.run('mvn', [
      '-q',
      '-B',
      'dependency:copy',
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${work}`,
    ]);
    await machine.run('jar', ['xf', archive], { cwd: work });
    await build(join(work, unpacked), machine);
    return join(work, unpacked);
  });
}

/**
 * A copy of the operator's own distribution, built for the tests; theirs stays as it is.
 *
 * @param folder where the copy may be made.
 * @throws Error where it holds no Keycloak, or there is no Java to run it.
 */
export async function copiedHome(home: string, folder: string, machine: Machine): Promise<string> {
  if (!existsSync(join(home, 'bin', 'kc.sh'))) {
    throw new Error(`KEYCLOAK_HOME is ${home}, but there is no bin/kc.sh in it.`);
  }
  if (!machine.has('java')) {
    throw new Error(
      'KEYCLOAK_HOME is set, but there is no java to run it with: install a JRE, 17 or newer.',
    );
  }
  const copy = join(folder, unpacked);
  cpSync(home, copy, { recursive: true, filter: (path) => path !== join(home, 'data') });
  await build(copy, machine);
  return copy;
}
