import { readFileSync } from 'node:fs';
import { reservePort } from '../../../src/cli/demo/listen.ts';
import { startGateway } from '../../../src/cli/listen.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createLogger } from '../../../src/observe/logger.ts';
import { createRealm, type Realm } from './realm.ts';

/** A gateway as `mcp-doorman` runs it, in this process. */
export interface Doorman {
  readonly resource: string;
  /** The operator's log so far, at level `debug`. */
  log(): string;
  /** Calls a tool without an SDK. */
  call(token: string, tool?: string): Promise<Response>;
  close(): Promise<void>;
}

export interface DoormanOptions {
  readonly resource: string;
  readonly env: Readonly<Record<string, string>>;
  /** The deploy folder's policy unless given. */
  readonly policy?: string;
}

const policyFile = new URL('../../../deploy/keycloak/policy.yaml', import.meta.url);
export const deployedPolicy: string = readFileSync(policyFile, 'utf8');

/** Starts a gateway where its resource says, unless the environment has another port. */
export async function startDoorman(options: DoormanOptions): Promise<Doorman> {
  const { resource, env, policy = deployedPolicy } = options;
  const lines: string[] = [];
  const config = loadConfig({
    env: {
      MCP_OAUTH_RESOURCE: resource,
      MCP_OAUTH_POLICY_FILE: 'policy.yaml',
      PORT: new URL(resource).port,
      ...env,
    },
    flags: {},
    insecureNoAuth: false,
    readFile: () => policy,
  });
  const log = createLogger('debug', { write: (line) => void lines.push(line) });
  const gateway = await startGateway(config, log);
  return {
    resource,
    log: () => lines.join(''),
    call: (token, name = 'echo') =>
      fetch(gateway.url, {
        method: 'POST',
        headers: {
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name, arguments: {} },
        }),
      }),
    close: () => gateway.close(0),
  };
}

/** How a gateway verifies Keycloak's tokens, and the settings that make it so. */
export const validations = ['jwt', 'introspection'] as const;
export type ValidationMode = (typeof validations)[number];

function validationSettings(mode: ValidationMode): Readonly<Record<string, string>> {
  if (mode === 'jwt') return {};
  return {
    MCP_OAUTH_VALIDATION: 'introspection',
    MCP_OAUTH_CLIENT_ID: 'mcp-doorman',
    MCP_OAUTH_CLIENT_SECRET: 'mcp-doorman-secret',
  };
}

/** A realm whose tokens are for one resource, and the place where a gateway of that name listens. */
export interface Site {
  readonly realm: Realm;
  readonly resource: string;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const { port, release } = await reservePort(0);
  const resource = `http://127.0.0.1:${port}/mcp`;
  const realm = await createRealm(resource).finally(release);
  return { realm, resource, close: () => realm.remove() };
}

export interface SiteOptions {
  readonly upstream: string;
  readonly validation?: ValidationMode;
  readonly env?: Readonly<Record<string, string>>;
  readonly policy?: string;
}

/** Starts the gateway whose URL is the audience of the realm's tokens; one for each site. */
export function startAt({ realm, resource }: Site, options: SiteOptions): Promise<Doorman> {
  const { upstream, validation = 'jwt', env, policy } = options;
  return startDoorman({
    resource,
    env: {
      MCP_OAUTH_ISSUER: realm.issuer,
      MCP_OAUTH_UPSTREAM: upstream,
      ...validationSettings(validation),
      ...env,
    },
    ...(policy !== undefined && { policy }),
  });
}

/** Starts one more gateway for the same tokens, which has to be told of their audience. */
export async function startBeside(site: Site, options: SiteOptions): Promise<Doorman> {
  const { port, release } = await reservePort(0);
  await release();
  const env = { MCP_OAUTH_AUDIENCE: site.resource, ...options.env };
  const resource = `http://127.0.0.1:${port}/mcp`;
  return startAt({ ...site, resource }, { ...options, env });
}
