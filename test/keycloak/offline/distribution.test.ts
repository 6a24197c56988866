import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  chooseSource,
  copiedHome,
  downloadedHome,
  keycloakVersion,
} from '../../../scripts/keycloak/distribution.ts';
import type { Machine } from '../../../scripts/machine.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-doorman-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Given {
  readonly programs?: readonly string[];
  readonly isRoot?: boolean;
  /** Makes the program of this name fail. */
  readonly fails?: string;
}

/** A machine where each program does what matters of it, with files of a few bytes. */
function machineWith(given: Given = {}): Machine & { readonly ran: readonly string[] } {
  const programs = new Set(given.programs ?? ['java', 'jar', 'mvn', 'apt-get']);
  const ran: string[] = [];
  return {
    env: { XDG_CACHE_HOME: folder },
    isRoot: given.isRoot ?? true,
    has: (program) => programs.has(program),
    say: () => {},
    ran,
    async run(program, args, { cwd = '' } = {}) {
      ran.push([program, ...args].join(' '));
      if (program === given.fails) throw new Error(`${program} ended with 1: no route to host`);
      if (program === 'apt-get') for (const name of ['java', 'jar', 'mvn']) programs.add(name);
      if (program === 'jar') makeHome(join(cwd, `keycloak-${keycloakVersion}`));
      if (args.includes('build')) writeFileSync(join(dirname(args[0] ?? ''), 'built'), '');
    },
  };
}

function makeHome(home: string): string {
  mkdirSync(join(home, 'bin'), { recursive: true });
  writeFileSync(join(home, 'bin', 'kc.sh'), '');
  return home;
}

function cacheEntries(): readonly string[] {
  return readdirSync(join(folder, 'mcp-doorman'));
}

describe('where the Keycloak of a test run comes from', () => {
  it.each([
    [
      { KEYCLOAK_URL: 'http://localhost:8080/', KEYCLOAK_HOME: '/opt/keycloak' },
      { kind: 'url', url: 'http://localhost:8080' },
    ],
    [
      { KEYCLOAK_URL: '', KEYCLOAK_HOME: '/opt/keycloak' },
      { kind: 'home', home: '/opt/keycloak' },
    ],
    [{}, { kind: 'download' }],
  ])('is for %j: %j', (env, source) => {
    expect(chooseSource(env)).toEqual(source);
  });
});

describe('the distribution from Maven Central', () => {
  it('is fetched, unpacked and built once, and then taken from the cache', async () => {
    const machine = machineWith();
    const home = await downloadedHome(machine);
    expect(existsSync(join(home, 'bin', 'built'))).toBe(true);
    expect(machine.ran.map((line) => line.split(' ')[0])).toEqual(['mvn', 'jar', 'sh']);
    expect(machine.ran[0]).toContain(`org.keycloak:keycloak-quarkus-dist:${keycloakVersion}:zip`);
    const warm = machineWith({ programs: ['java'] });
    expect(await downloadedHome(warm)).toBe(home);
    expect(warm.ran).toEqual([]);
    expect(cacheEntries()).toHaveLength(1);
  });

  it('brings a JDK and Maven along, where they are missing and may be installed', async () => {
    const machine = machineWith({ programs: ['java', 'apt-get'] });
    await downloadedHome(machine);
    expect(machine.ran.slice(0, 2)).toEqual([
      'apt-get update -q',
      'apt-get install -y -q --no-install-recommends default-jdk-headless maven',
    ]);
  });

  it.each<[string, Given]>([
    ['for somebody who is not root', { programs: ['java', 'apt-get'], isRoot: false }],
    ['without apt-get', { programs: ['java'] }],
  ])('is refused %s with what is missing and the other ways', async (_who, given) => {
    const machine = machineWith(given);
    await expect(downloadedHome(machine)).rejects.toThrow(
      /jar, mvn cannot be found.*KEYCLOAK_HOME.*KEYCLOAK_URL/,
    );
    expect(machine.ran).toEqual([]);
  });

  it.each(['mvn', 'jar', 'sh'])(
    'fails with the reason where %s fails, and leaves nothing half made',
    async (fails) => {
      await expect(downloadedHome(machineWith({ fails }))).rejects.toThrow(
        `${fails} ended with 1: no route to host`,
      );
      expect(cacheEntries()).toEqual([]);
    },
  );

  it('is had by two runs at once', async () => {
    const homes = await Promise.all([downloadedHome(machineWith()), downloadedHome(machineWith())]);
    expect(new Set(homes).size).toBe(1);
    expect(cacheEntries()).toHaveLength(1);
  });
});

describe('a distribution of the operator', () => {
  it('is copied before it is built, and stays as it is', async () => {
    const theirs = makeHome(join(folder, 'theirs'));
    mkdirSync(join(theirs, 'data'));
    const copy = await copiedHome(theirs, join(folder, 'run'), machineWith());
    expect(existsSync(join(copy, 'bin', 'built'))).toBe(true);
    expect(existsSync(join(theirs, 'bin', 'built'))).toBe(false);
    expect(existsSync(join(copy, 'data'))).toBe(false);
  });

  it('is refused where there is none in the folder', async () => {
    await expect(copiedHome(folder, folder, machineWith())).rejects.toThrow(
      `KEYCLOAK_HOME is ${folder}, but there is no bin/kc.sh in it.`,
    );
  });

  it('is refused where there is no Java', async () => {
    const theirs = makeHome(join(folder, 'theirs'));
    await expect(copiedHome(theirs, folder, machineWith({ programs: [] }))).rejects.toThrow(
      'no java to run it with',
    );
  });
});
