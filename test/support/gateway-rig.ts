import { importJWK, SignJWT } from 'jose';
import { type Idp, type Introspector, startIdp } from '../../src/cli/demo/idp.ts';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { startGateway } from '../../src/cli/listen.ts';
import type { Service } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type Clock, systemPorts } from '../../src/core/ports.ts';
import { createLogger } from '../../src/observe/logger.ts';

/** Every scope of the rig's policy, the broadest last. */
export const scopes = ['mcp:access', 'mcp:tools:read', 'mcp:admin'] as const;
export const fullScope: string = scopes.join(' ');
/** What a first login is asked for under the rig's policy. */
export const firstScope = 'mcp:access mcp:tools:read';

/** Read tools of server-everything and of the demo's notes at once, all else after a step-up. */
const testPolicy = {
  required: ['mcp:access'],
  scopes: { 'mcp:admin': { stepUp: true } },
  tools: [
    { match: ['echo', 'get-*', 'notes_list', 'notes_get'], scopes: ['mcp:tools:read'] },
    { match: '*', scopes: ['mcp:admin'] },
  ],
};

/** Where the issuer can be asked, whatever needs a step-up is confirmed by it at each call. */
const askingPolicy = {
  ...testPolicy,
  tools: testPolicy.tools.map((rule) => ({ ...rule, introspect: rule.match === '*' })),
};

/** The gateway's own client at an IdP whose tokens are opaque. */
export const introspector: Introspector = { clientId: 'gateway', clientSecret: 'rig-secret' };

type Fields = Readonly<Record<string, unknown>>;

export interface GatewayRig {
  /** The resource identifier, which is also where the gateway listens. */
  readonly resource: string;
  readonly port: number;
  readonly idp: Idp;
  /** Puts another policy document into force, as a SIGHUP does. */
  reload(policy: object): void;
  /** The operator's log so far, at level `debug`, as it would stand in a file. */
  log(): string;
  /** A token signed by the IdP's own key, good unless claims or header say otherwise. */
  mint(claims?: Fields, header?: Fields): Promise<string>;
  close(): Promise<void>;
}

export interface GatewayRigOptions {
  /** URL of the MCP server, or the command that starts it. */
  readonly upstream: string | readonly string[];
  /** Instead of the rig's own policy. */
  readonly policy?: object;
  /** An IdP that several gateways share; one of its own unless given. */
  readonly idp?: Idp;
  /** Whether the rig's own IdP issues opaque tokens, which the gateway asks it about. */
  readonly opaque?: boolean;
  /** The scopes that the rig's own IdP grants; all of the policy's unless given. */
  readonly grants?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Reads the files that settings name, but for the policy. */
  readonly readFile?: (path: string) => string;
  /** The last word on what no setting of the environment reaches. */
  readonly change?: (service: Service) => Service;
}

/** Signs what the IdP itself would sign, and what it never would. */
export async function mintToken(
  { issuer, signingKey }: Pick<Idp, 'issuer' | 'signingKey'>,
  claims: Fields,
  header: Fields = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const usual = { iss: issuer, sub: 'alice', client_id: 'tests', scope: fullScope };
  return new SignJWT({ ...usual, iat: now, exp: now + 600, jti: crypto.randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: `${signingKey.kid}`, typ: 'at+jwt', ...header })
    .sign(await importJWK(signingKey, 'RS256'));
}

/** The gateway as `mcp-doorman` runs it, in this process, with an IdP that logs in at once. */
export async function startGatewayRig(options: GatewayRigOptions): Promise<GatewayRig> {
  const lines: string[] = [];
  const { port, release } = await reservePort(0);
  const resource = `http://127.0.0.1:${port}/mcp`;
  const { opaque = false, grants = scopes, clock = systemPorts.clock, upstream } = options;
  const format = opaque ? ({ accessTokenFormat: 'opaque', introspector } as const) : {};
  const own =
    options.idp ?? (await startIdp({ resource, scopes: grants, autoLogin: 'alice', ...format }));
  const load = (policy: object) =>
    loadConfig({
      env: {
        MCP_OAUTH_ISSUER: own.issuer,
        MCP_OAUTH_RESOURCE: resource,
        ...(typeof upstream === 'string' && { MCP_OAUTH_UPSTREAM: upstream }),
        MCP_OAUTH_POLICY_FILE: 'policy.json',
        PORT: `${port}`,
        ...(opaque && {
          MCP_OAUTH_CLIENT_ID: introspector.clientId,
          MCP_OAUTH_CLIENT_SECRET: introspector.clientSecret,
        }),
        ...options.env,
      },
      flags: {},
      insecureNoAuth: false,
      readFile: (path) =>
        path !== 'policy.json' && options.readFile
          ? options.readFile(path)
          : JSON.stringify(policy),
      command: typeof upstream === 'string' ? null : upstream,
    });
  const config = load(options.policy ?? (opaque ? askingPolicy : testPolicy));
  await release();
  const log = createLogger('debug', { write: (line) => void lines.push(line) });
  const [service] = config.services;
  const services = [options.change?.(service) ?? service] as const;
  const gateway = await startGateway({ ...config, services }, log, clock);
  return {
    resource,
    port,
    idp: own,
    reload: (policy) => gateway.reload(load(policy)),
    log: () => lines.join(''),
    mint: (claims = {}, header = {}) => mintToken(own, { aud: resource, ...claims }, header),
    async close() {
      await gateway.close(0);
      if (!options.idp) await own.close();
    },
  };
}
