import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import {
  chooseSource,
  copiedHome,
  downloadedHome,
} from '../../../scripts/keycloak/distribution.ts';
import { startKeycloak } from '../../../scripts/keycloak/server.ts';
import { thisMachine } from '../../../scripts/machine.ts';

/** The Keycloak of this test run, and who may administer it. */
export interface KeycloakUnderTest {
  readonly url: string;
  readonly admin: { readonly username: string; readonly password: string };
}

declare module 'vitest' {
  export interface ProvidedContext {
    keycloak: KeycloakUnderTest;
  }
}

const realm = 'mcp';
const realmFile = fileURLToPath(
  new URL('../../../deploy/keycloak/mcp-realm.json', import.meta.url),
);

/** @throws Error where a Keycloak that somebody else runs is not there, or lacks the realm. */
async function checkRunning(url: string): Promise<void> {
  const answer = await fetch(`${url}/realms/${realm}`).catch((cause) => {
    throw new Error(`KEYCLOAK_URL is ${url}, but nothing answers there.`, { cause });
  });
  if (!answer.ok) {
    throw new Error(
      `KEYCLOAK_URL is ${url}, but there is no realm ${realm} (HTTP ${answer.status}): import deploy/keycloak/mcp-realm.json.`,
    );
  }
}

/** Takes the Keycloak of `KEYCLOAK_URL`, or starts one for this run; without any the run fails. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const source = chooseSource(process.env);
  const admin = {
    username: process.env.KC_BOOTSTRAP_ADMIN_USERNAME ?? 'admin',
    password: process.env.KC_BOOTSTRAP_ADMIN_PASSWORD ?? 'admin',
  };
  if (source.kind === 'url') {
    await checkRunning(source.url);
    project.provide('keycloak', { url: source.url, admin });
    return async () => {};
  }
  const folder = mkdtempSync(join(tmpdir(), 'mcp-doorman-keycloak-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove);
  const home =
    source.kind === 'home'
      ? await copiedHome(source.home, folder, thisMachine)
      : await downloadedHome(thisMachine);
  const server = join(folder, 'server');
  mkdirSync(server);
  thisMachine.say('Starting Keycloak (about 20 s) ...');
  const options = { home, folder: server, realm, realmFile, admin };
  const { url, stop } = await startKeycloak(options);
  project.provide('keycloak', { url, admin });
  return stop;
}
