import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { keycloakVersion } from '../../../scripts/keycloak/distribution.ts';
import { loadConfig } from '../../../src/config/load.ts';
import {
  type ComposeService,
  deployFolder,
  environmentOf,
  readCompose,
  readDeployFile,
} from '../support/deployment.ts';

interface Realm {
  readonly realm: string;
  readonly clients: readonly {
    readonly clientId: string;
    readonly publicClient: boolean;
    readonly secret?: string;
    readonly fullScopeAllowed: boolean;
    readonly redirectUris?: readonly string[];
    readonly attributes?: Readonly<Record<string, string>>;
  }[];
}

const compose = readCompose();
const { services } = compose;
const { keycloak, everything, doorman } = services;
const named = Object.entries(services) as [string, ComposeService][];
const env = environmentOf(doorman);
const realmText = readDeployFile('mcp-realm.json');
const realm = JSON.parse(realmText) as Realm;
const dockerfile = readDeployFile('Dockerfile');
const packageFile = new URL('../../package.json', deployFolder);
const everythingVersion = (
  JSON.parse(readFileSync(new URL('../../package-lock.json', deployFolder), 'utf8')) as {
    packages: Record<string, { version: string }>;
  }
).packages['node_modules/@modelcontextprotocol/server-everything']?.version;

function hostOf(url = ''): string {
  return new URL(url).host;
}

describe('the compose file of deploy/keycloak', () => {
  it('has Keycloak, an MCP server, and mcp-doorman before it', () => {
    expect(Object.keys(services)).toEqual(['keycloak', 'everything', 'doorman']);
    expect(doorman.depends_on).toEqual({
      keycloak: { condition: 'service_healthy' },
      everything: { condition: 'service_healthy' },
    });
  });

  it('names every version, and those the tests run with', () => {
    expect(keycloak.image).toBe(`keycloak/keycloak:${keycloakVersion}`);
    expect(everything.image).toBe('node:22-slim');
    expect(everything.command).toContain(
      `@modelcontextprotocol/server-everything@${everythingVersion}`,
    );
  });

  it('publishes ports on loopback only, and none of the MCP server', () => {
    const published = named.flatMap(([, { ports = [] }]) => ports);
    expect(published).toEqual(['127.0.0.1:8080:8080', '127.0.0.1:3000:3000']);
    expect(everything.ports).toBeUndefined();
  });

  it.each(named)('knows whether %s is healthy', (_name, { healthcheck }) => {
    expect(healthcheck.test[0]).toBe('CMD');
    expect(healthcheck.test.at(-1)).toMatch(/127\.0\.0\.1/);
    expect(healthcheck).toMatchObject({
      interval: expect.stringMatching(/^\d+s$/),
      timeout: expect.stringMatching(/^\d+s$/),
      retries: expect.any(Number),
      start_period: expect.stringMatching(/^\d+s$/),
    });
  });

  it('asks mcp-doorman whether it is ready, and Keycloak on its management port', () => {
    expect(doorman.healthcheck.test.at(-1)).toContain(`http://127.0.0.1:${env.PORT}/readyz`);
    expect(keycloak.environment.KC_HEALTH_ENABLED).toBe('true');
    expect(keycloak.healthcheck.test.at(-1)).toContain('/dev/tcp/127.0.0.1/9000');
    // Compose would fill in a single `$` itself.
    expect(keycloak.healthcheck.test.at(-1)).not.toMatch(/(?<!\$)\$(?!\$)/);
  });

  it.each(named)('gives %s texts only, so that YAML reads nothing into them', (_name, service) => {
    for (const value of Object.values(service.environment)) expect(value).toBeTypeOf('string');
  });

  it('mounts files that are there, for reading', () => {
    const mounts = named.flatMap(([, { volumes = [] }]) => volumes);
    expect(mounts).toHaveLength(2);
    for (const mount of mounts) {
      const [source = '', target = '', mode] = mount.split(':');
      expect(existsSync(new URL(source, deployFolder))).toBe(true);
      expect(target).toMatch(/^\//);
      expect(mode).toBe('ro');
    }
  });

  it('mounts the realm under the only name Keycloak imports it by', () => {
    expect(keycloak.command).toEqual(['start-dev', '--import-realm']);
    expect(keycloak.volumes).toEqual([
      `./mcp-realm.json:/opt/keycloak/data/import/${realm.realm}-realm.json:ro`,
    ]);
  });

  it('is accepted by docker compose, where there is one', (context) => {
    const run = (...args: string[]) =>
      spawnSync('docker', ['compose', ...args], {
        cwd: fileURLToPath(deployFolder),
        encoding: 'utf8',
      });
    if (run('version').status !== 0) {
      context.skip('this machine has no docker compose');
    }
    const { status, stderr } = run('-f', 'compose.yaml', 'config', '--quiet');
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe('the settings of mcp-doorman in the compose file', () => {
  it('are settings of this version, and fit each other', () => {
    const config = loadConfig({
      env,
      flags: {},
      insecureNoAuth: false,
      readFile: (path) => {
        expect(doorman.volumes).toContain(`./policy.yaml:${path}:ro`);
        return readDeployFile('policy.yaml');
      },
    });
    expect(config).toMatchObject({
      services: [{ resource: 'http://localhost:3000/mcp' }],
      listen: { host: '0.0.0.0', port: 3000 },
      insecureNoAuth: false,
    });
    expect(config.services[0].upstream).toMatchObject({
      url: new URL('http://everything:3001/mcp'),
    });
  });

  it('lead clients to Keycloak by its public name, and mcp-doorman by its name inside', () => {
    expect(env.MCP_OAUTH_ISSUER).toBe(`${keycloak.environment.KC_HOSTNAME}/realms/${realm.realm}`);
    for (const url of [env.MCP_OAUTH_JWKS_URI, env.MCP_OAUTH_INTROSPECTION_URI]) {
      expect(url).toMatch(
        new RegExp(`^http://keycloak:8080/realms/${realm.realm}/protocol/openid-connect/`),
      );
    }
    expect(env.MCP_OAUTH_INSECURE_HTTP).toBe('true');
    expect(hostOf(env.MCP_OAUTH_UPSTREAM)).toBe(`everything:${everything.environment.PORT}`);
  });

  it('name the resource that the realm puts into its tokens', () => {
    expect(keycloak.environment.MCP_RESOURCE).toBe(env.MCP_OAUTH_RESOURCE);
    expect(hostOf(env.MCP_OAUTH_RESOURCE)).toBe(`localhost:${env.PORT}`);
    const placeholders = new Set(realmText.match(/\$\{[^}]*\}/g));
    expect([...placeholders]).toEqual([`\${MCP_RESOURCE:${env.MCP_OAUTH_RESOURCE}}`]);
  });

  it('name a confidential client of the realm, with its secret', () => {
    expect(realm.clients).toContainEqual(
      expect.objectContaining({
        clientId: env.MCP_OAUTH_CLIENT_ID,
        secret: env.MCP_OAUTH_CLIENT_SECRET,
        publicClient: false,
      }),
    );
  });
});

describe('the Dockerfile of deploy/keycloak', () => {
  it('builds in one stage and runs as nobody special in another', () => {
    expect(dockerfile.match(/^FROM .*/gm)).toEqual([
      'FROM node:22-slim AS build',
      'FROM node:22-slim',
    ]);
    const lines = dockerfile.trim().split('\n');
    expect(lines.indexOf('USER node')).toBeGreaterThan(lines.indexOf('FROM node:22-slim'));
    expect(doorman.build).toEqual({ context: '../..', dockerfile: 'deploy/keycloak/Dockerfile' });
  });

  it('starts the program of the package', () => {
    const { bin } = JSON.parse(readFileSync(packageFile, 'utf8')) as {
      bin: Record<string, string>;
    };
    const entry = bin['mcp-doorman']?.replace('./', '');
    expect(dockerfile).toContain(`ENTRYPOINT ["node", "${entry}"]`);
  });

  it('copies only what the build context lets through', () => {
    const ignored = readDeployFile('Dockerfile.dockerignore').trim().split('\n');
    expect(ignored[0]).toBe('*');
    const copied = (dockerfile.match(/^COPY (?!--from)(.*) \S+$/gm) ?? [])
      .flatMap((line) => line.split(' ').slice(1, -1))
      .sort();
    expect(ignored.slice(1).sort()).toEqual(copied.map((name) => `!${name}`).sort());
    for (const name of copied) {
      expect(existsSync(new URL(`../../${name}`, deployFolder))).toBe(true);
    }
  });
});
