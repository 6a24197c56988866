import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { type RunningGateway, startGateway } from '../../src/cli/listen.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { expectNoToken } from '../support/expectations.ts';
import { mintToken } from '../support/gateway-rig.ts';
import { rawExchange, rawHead } from '../support/raw-http.ts';
import type { SdkClient } from '../support/sdk-client.ts';
import { sdkV2 } from '../support/sdk-v2.ts';
import { traceFetch } from '../support/traced-fetch.ts';
import { type Answer, startUpstream, type Upstream } from '../support/upstream.ts';

const names = ['notes', 'reports', 'archive'] as const;
type Name = (typeof names)[number];

const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const lines: string[] = [];
const log = createLogger('debug', { write: (line) => void lines.push(line) });
const tokens: string[] = [];
const upstreams = {} as Record<Name, Upstream>;
let port: number;
let idps: { readonly notes: Idp; readonly reports: Idp };
let resources: Readonly<Record<Name, string>>;
let gateway: RunningGateway;

/** As much of an MCP server as a client needs to connect to. */
const greeting: Answer = (_incoming, outgoing, { method, body }) => {
  const { id, method: called = '' } =
    body === '' ? {} : (JSON.parse(body) as Record<string, string>);
  const capable = { protocolVersion: '2025-11-25', capabilities: {} };
  const result =
    called === 'initialize' ? { ...capable, serverInfo: { name: 'greeter', version: '1' } } : {};
  if (method !== 'POST') outgoing.writeHead(405).end();
  else if (id === undefined) outgoing.writeHead(202).end();
  else {
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  }
};

/** Two at addresses of this machine, and one that clients know by the name of a proxy. */
function configuration(): string {
  return `issuer: ${idps.notes.issuer}
port: ${port}
upstreams:
  - resource: ${resources.notes}
    upstream: ${upstreams.notes.url}
    requiredScopes: [mcp:access]
  - resource: ${resources.reports}
    upstream: ${upstreams.reports.url}
    issuer: ${idps.reports.issuer}
    policy: { tools: [{ match: "*", scopes: [reports:read] }] }
  - resource: ${resources.archive}
    upstream: ${upstreams.archive.url}
`;
}

/** @param env wins over what the file says. */
function start(file: string, env: Record<string, string> = {}): Promise<RunningGateway> {
  const flags = { configFile: 'config.yaml' };
  const config = loadConfig({ env, flags, insecureNoAuth: false, readFile: () => file });
  return startGateway(config, log);
}

beforeAll(async () => {
  const reserved = await reservePort(0);
  ({ port } = reserved);
  resources = {
    notes: `http://127.0.0.1:${port}/notes`,
    reports: `http://127.0.0.1:${port}/reports`,
    archive: 'https://archive.example/archive',
  };
  for (const name of names) upstreams[name] = await startUpstream(greeting);
  const login = { autoLogin: 'alice' };
  idps = {
    notes: await startIdp({ resource: resources.notes, scopes: ['mcp:access'], ...login }),
    reports: await startIdp({ resource: resources.reports, scopes: ['reports:read'], ...login }),
  };
  await reserved.release();
  gateway = await start(configuration());
});
afterEach(() => {
  for (const token of tokens) expectNoToken(lines.join(''), token);
});
afterAll(async () => {
  await gateway?.close(0);
  await Promise.all([idps?.notes.close(), idps?.reports.close()]);
  for (const upstream of Object.values(upstreams)) await upstream.close();
});

async function mint(name: Name, claims: object = {}): Promise<string> {
  const idp = name === 'reports' ? idps.reports : idps.notes;
  const token = await mintToken(idp, { aud: resources[name], ...claims });
  tokens.push(token);
  return token;
}

function call(
  name: Name,
  token: string,
  { origin, at = port }: { readonly origin?: string; readonly at?: number } = {},
): Promise<Response> {
  return fetch(`http://127.0.0.1:${at}/${name}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(origin !== undefined && { origin }),
    },
    body: ping,
  });
}

/** The metadata at a well-known URL, or the status in its place. */
async function document(path: string, at = port): Promise<unknown> {
  const url = `http://127.0.0.1:${at}/.well-known/oauth-protected-resource${path}`;
  const response = await fetch(url);
  return response.status === 200 ? response.json() : response.status;
}

function arrived(): Record<Name, number> {
  const count = (name: Name): number => upstreams[name].arrivals.length;
  return { notes: count('notes'), reports: count('reports'), archive: count('archive') };
}

describe('several upstreams behind one gateway', () => {
  it('describe themselves, each at its own well-known URL, and none at the root', async () => {
    expect(await document('/notes')).toMatchObject({
      resource: resources.notes,
      authorization_servers: [idps.notes.issuer],
      scopes_supported: ['mcp:access'],
    });
    expect(await document('/reports')).toMatchObject({
      resource: resources.reports,
      authorization_servers: [idps.reports.issuer],
      scopes_supported: ['reports:read'],
    });
    expect(await document('/archive')).toMatchObject({ resource: resources.archive });
    expect(await document('')).toBe(404);
    expect(await document('/other')).toBe(404);
  });

  it('leave the root well-known URL to the one whose path is the root', async () => {
    const { port: own, release } = await reservePort(0);
    await release();
    const atRoot = 'https://archive.example/';
    const file = configuration().replace(resources.archive, atRoot);
    const other = await start(file, { PORT: `${own}` });
    try {
      expect(await document('', own)).toMatchObject({ resource: atRoot });
      expect(await document('/notes', own)).toMatchObject({ resource: resources.notes });
      expect(await document('/archive', own)).toBe(404);
    } finally {
      await other.close(0);
    }
  });

  it('get what is sent to them with a token of their own', async () => {
    for (const name of names) {
      const before = arrived();
      expect((await call(name, await mint(name))).status, name).toBe(200);
      expect(arrived()).toEqual({ ...before, [name]: before[name] + 1 });
    }
  });

  it.each([
    ['notes', 'reports', 'another issuer'],
    ['reports', 'notes', 'another issuer'],
    ['reports', 'archive', 'another issuer'],
    ['notes', 'archive', 'the same issuer'],
    ['archive', 'notes', 'the same issuer'],
  ] as const)(
    'see nothing of a token that is good at %s and sent to %s, of %s',
    async (from, to, _issuer) => {
      const token = await mint(from);
      expect((await call(from, token)).status).toBe(200);
      const before = arrived();
      const refused = await call(to, token);
      expect(refused.status).toBe(401);
      const { origin } = new URL(resources[to]);
      const challenge = refused.headers.get('www-authenticate');
      expect(challenge).toContain(
        `resource_metadata="${origin}/.well-known/oauth-protected-resource/${to}", error="invalid_token"`,
      );
      expect(challenge).not.toContain(token);
      expect(await refused.text()).not.toContain(token);
      expect(arrived()).toEqual(before);
    },
  );

  it('see nothing of a token that names another audience beside another issuer', async () => {
    const before = arrived();
    const forged = await mint('notes', { aud: Object.values(resources) });
    expect((await call('reports', forged)).status).toBe(401);
    expect(arrived()).toEqual(before);
  });

  it('ask for scopes of their own', async () => {
    const scopeless = await mint('notes', { scope: '' });
    const refused = await call('notes', scopeless);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('scope="mcp:access"');
    expect((await call('archive', await mint('archive', { scope: '' }))).status).toBe(200);
  });

  it('are known by all their names, and let browsers in from their own origin alone', async () => {
    const token = await mint('notes');
    const named = async (host: string): Promise<number> => {
      const fields = [
        `Host: ${host}`,
        'Content-Type: application/json',
        `Content-Length: ${ping.length}`,
      ];
      const head = rawHead('/notes', [...fields, `Authorization: Bearer ${token}`], 'POST');
      return (await rawExchange(port, head + ping)).status;
    };
    expect([await named('archive.example'), await named('evil.example')]).toEqual([200, 421]);
    const origin = 'https://archive.example';
    const before = arrived();
    expect((await call('notes', token, { origin })).status).toBe(403);
    expect(arrived()).toEqual(before);
    const permitted = await call('archive', await mint('archive'), { origin });
    expect(permitted.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it('answer at exactly their paths', async () => {
    for (const path of ['/', '/mcp', '/notes/', '/notes/reports', '/Notes', '/notes%2Freports']) {
      const fields = ['Host: localhost', `Authorization: Bearer ${await mint('notes')}`];
      expect((await rawExchange(port, rawHead(path, fields, 'GET'))).status, path).toBe(404);
    }
  });

  it('are named in the log lines that are about them, and in no other', async () => {
    const logged = async (path: string): Promise<unknown> => {
      lines.length = 0;
      await (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST' })).text();
      return lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'refused');
    };
    expect(await logged('/reports')).toMatchObject([
      { code: 'token_missing', resource: resources.reports },
    ]);
    expect(await logged('/elsewhere')).toEqual([
      expect.not.objectContaining({ resource: expect.anything() }),
    ]);
  });

  it('take a reload each for itself, and say which of them it leaves out', async () => {
    const { port: own, release } = await reservePort(0);
    await release();
    const env = { PORT: `${own}` };
    const other = await start(configuration(), env);
    const changed = configuration()
      .replace('mcp:access', 'mcp:new')
      .replace(resources.archive, 'https://archive.example/moved');
    const flags = { configFile: 'config.yaml' };
    const options = { env, flags, insecureNoAuth: false, readFile: () => changed };
    try {
      expect(other.reload(loadConfig(options))).toEqual([
        'https://archive.example/moved',
        resources.archive,
      ]);
      const scopes = { scopes_supported: ['mcp:new'] };
      expect(await document('/notes', own)).toMatchObject(scopes);
      expect(await document('/archive', own)).toMatchObject({ resource: resources.archive });
    } finally {
      await other.close(0);
    }
  });

  it('are each a server to log in to, at the identity provider they name', async () => {
    const open: SdkClient[] = [];
    for (const name of ['notes', 'reports'] as const) {
      const trace = traceFetch();
      const client = sdkV2({ url: resources[name], fetch: trace.fetch });
      open.push(client);
      await client.connect();
      expect(client.logins.map((url) => url.origin)).toEqual([new URL(idps[name].issuer).origin]);
      expect(client.logins[0]?.searchParams.get('resource')).toBe(resources[name]);
      tokens.push(client.tokens()?.access_token ?? '');
    }
    for (const client of open) await client.close();
  });

  it('are ready when all of them are, and serve while another is not', async () => {
    const readiness = async (at: number): Promise<number> =>
      (await fetch(`http://127.0.0.1:${at}/readyz`)).status;
    expect(await readiness(port)).toBe(200);
    const [own, nobody] = [await reservePort(0), await reservePort(0)];
    const unreachable = `http://127.0.0.1:${nobody.port}`;
    await Promise.all([own.release(), nobody.release()]);
    const file = configuration().replace(idps.reports.issuer, unreachable);
    const half = await start(file, { PORT: `${own.port}` });
    try {
      expect(await readiness(own.port)).toBe(503);
      expect((await call('notes', await mint('notes'), { at: own.port })).status).toBe(200);
      const before = arrived();
      const idp = { ...idps.reports, issuer: unreachable };
      const undecided = await mintToken(idp, { aud: resources.reports });
      expect((await call('reports', undecided, { at: own.port })).status).toBe(503);
      expect(arrived()).toEqual(before);
    } finally {
      await half.close(0);
    }
  });
});
