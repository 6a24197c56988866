import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { bareEnvironment, type Child, startChild } from '../support/child.ts';
import { expectNoToken } from '../support/expectations.ts';
import { mintToken } from '../support/gateway-rig.ts';
import { emptyResult, startUpstream, type Upstream } from '../support/upstream.ts';
import { waiting } from '../support/waiting.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const open: Child[] = [];
/** Refused, or cut on an idle connection that was being closed when the request came. */
const turnedAway = expect.stringMatching(/^(?:ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)$/);

/** The program as its users start it, with nothing in its environment but what is given. */
function doorman(env: Record<string, string>, args: readonly string[] = []): Child {
  const child = startChild(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
    cwd: root,
    env: bareEnvironment(env),
  });
  open.push(child);
  return child;
}

afterEach(async () => {
  for (const child of open.splice(0)) await child.stop();
});

describe('mcp-doorman, configured by environment variables alone', () => {
  let upstream: Upstream;
  let idp: Idp;
  let resource: string;
  let gateway: Child;
  let token: string;
  let ready: string;

  beforeAll(async () => {
    upstream = await startUpstream(emptyResult);
  });
  beforeEach(async () => {
    upstream.answerWith(emptyResult);
    const { port, release } = await reservePort(0);
    resource = `http://localhost:${port}/mcp`;
    idp = await startIdp({ resource, scopes: ['mcp:access'] });
    token = await mintToken(idp, { aud: resource });
    await release();
    gateway = doorman({
      MCP_OAUTH_ISSUER: idp.issuer,
      MCP_OAUTH_UPSTREAM: upstream.url,
      PORT: `${port}`,
    });
    ready = `mcp-doorman listening on http://127.0.0.1:${port}/mcp `;
    await gateway.printed('stdout', '\n');
  });
  afterEach(() => idp?.close());
  afterAll(() => upstream?.close());

  function send(init: RequestInit = {}): Promise<Response> {
    return fetch(resource, {
      method: 'POST',
      body: init.method === 'GET' ? null : '{"jsonrpc":"2.0","id":"call-1","method":"ping"}',
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
  }

  /** A call whose answer the test gives when it likes. */
  async function startCall(): Promise<{ answer: Promise<Response>; finish(): void }> {
    let outgoing: ServerResponse | undefined;
    upstream.answerWith((_incoming, response) => {
      outgoing = response;
    });
    const answer = send();
    answer.catch(() => {});
    await vi.waitFor(() => expect(outgoing).toBeDefined(), waiting);
    return {
      answer,
      finish: () => {
        outgoing?.writeHead(200, { 'content-type': 'application/json' });
        outgoing?.end('{"jsonrpc":"2.0","id":"call-1","result":{"late":true}}');
      },
    };
  }

  it('prints one line when it can serve, serves, and keeps tokens out of its log', async () => {
    expect((await send()).status).toBe(200);
    expect((await fetch(resource, { method: 'POST' })).status).toBe(401);
    gateway.signal('SIGINT');
    expect(await gateway.exited).toBe(0);
    const { stdout, stderr } = gateway.output;
    expect(stdout.split('\n')).toEqual([expect.stringContaining(ready), '']);
    expect(stdout.startsWith(ready)).toBe(true);
    expect(stdout).toContain(`issuer ${idp.issuer} with audience ${resource}`);
    for (const line of stderr.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) });
    }
    expectNoToken(stdout + stderr, token);
  });

  it('drains on SIGTERM: a call finishes, a stream ends, new requests are turned away', async () => {
    upstream.answerWith((_incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
    });
    const stream = await send({ method: 'GET' });
    const running = await startCall();
    gateway.signal('SIGTERM');
    await gateway.printed('stderr', 'draining');
    expect(await stream.text()).toBe(': open\n\n');
    const reached = upstream.arrivals.length;
    await expect(send()).rejects.toMatchObject({ cause: { code: turnedAway } });
    expect(upstream.arrivals).toHaveLength(reached);
    running.finish();
    const answer = await running.answer;
    expect([answer.status, await answer.json()]).toMatchObject([200, { result: { late: true } }]);
    expect(await gateway.exited).toBe(0);
    expect(gateway.output.stderr).toContain('stopped');
  });

  it('leaves at once on a second signal, whatever still runs', async () => {
    const running = await startCall();
    gateway.signal('SIGTERM');
    await gateway.printed('stderr', 'draining');
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe('SIGTERM');
    await expect(running.answer).rejects.toThrow();
    running.finish();
  });
});

describe('mcp-doorman at a SIGHUP', () => {
  let upstream: Upstream;
  let idp: Idp;
  let folder: string;
  beforeAll(async () => {
    upstream = await startUpstream(emptyResult);
    folder = mkdtempSync(join(tmpdir(), 'mcp-doorman-reload-'));
  });
  afterAll(async () => {
    await idp?.close();
    await upstream?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes up the policy of the file as it is now, and keeps its own where that is none', async () => {
    const policy = join(folder, 'policy.yaml');
    const { port, release } = await reservePort(0);
    const resource = `http://localhost:${port}/mcp`;
    idp = await startIdp({ resource, scopes: ['mcp:access'] });
    const authorization = `Bearer ${await mintToken(idp, { aud: resource, scope: 'mcp:access' })}`;
    writeFileSync(policy, 'required: [mcp:access]');
    await release();
    const gateway = doorman({
      MCP_OAUTH_ISSUER: idp.issuer,
      MCP_OAUTH_UPSTREAM: upstream.url,
      MCP_OAUTH_POLICY_FILE: policy,
      PORT: `${port}`,
    });
    await gateway.printed('stdout', '\n');
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const headers = { authorization, 'content-type': 'application/json' };
    const status = async () => (await fetch(resource, { method: 'POST', headers, body })).status;
    expect(await status()).toBe(200);

    writeFileSync(policy, 'required: [mcp:more]');
    gateway.signal('SIGHUP');
    await gateway.printed('stderr', '"reloaded"');
    expect(await status()).toBe(403);

    writeFileSync(policy, 'required: [mcp:access');
    gateway.signal('SIGHUP');
    await gateway.printed('stderr', '"reload_failed"');
    expect(await status()).toBe(403);
    expect(gateway.output.stderr).toContain(`${policy}:1:`);

    writeFileSync(policy, 'required: [mcp:access]');
    gateway.signal('SIGHUP');
    await vi.waitFor(async () => expect(await status()).toBe(200), waiting);
  });
});

describe('mcp-doorman with a configuration that cannot be served safely', () => {
  it.each<[string, Record<string, string>, readonly string[]]>([
    ['nothing at all', {}, ['MCP_OAUTH_ISSUER: is not set', 'MCP_OAUTH_UPSTREAM: is not set']],
    [
      'protection insisted on without an issuer',
      { MCP_OAUTH_ENABLED: 'true', MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9/mcp' },
      ['MCP_OAUTH_ISSUER: is needed, since MCP_OAUTH_ENABLED=true'],
    ],
    [
      'protection switched off by the environment alone',
      { MCP_OAUTH_ENABLED: 'false', MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9/mcp' },
      ['MCP_OAUTH_ENABLED: false would leave the MCP server open'],
    ],
    [
      'every value wrong',
      {
        MCP_OAUTH_ISSUER: 'http://idp.example',
        MCP_OAUTH_RESOURCE: 'https://mcp.example/mcp?x',
        MCP_OAUTH_UPSTREAM: 'nowhere',
        MCP_OAUTH_TOOL_SCOPES: 'echo',
        MCP_OAUTH_REQIRED_SCOPES: 'mcp:access',
        PORT: 'web',
      },
      [
        'MCP_OAUTH_ISSUER: must use https://',
        'MCP_OAUTH_RESOURCE: must not have a query',
        'MCP_OAUTH_UPSTREAM: is not a URL',
        'MCP_OAUTH_TOOL_SCOPES: "echo" is not of the form',
        'MCP_OAUTH_REQIRED_SCOPES: is no setting of this version; did you mean MCP_OAUTH_REQUIRED_SCOPES?',
        'PORT: must be 0 to 65535',
      ],
    ],
  ])('exits with 2 and names every problem: %s', async (_title, env, problems) => {
    const child = doorman(env);
    expect(await child.exited).toBe(2);
    expect(child.output.stdout).toBe('');
    for (const problem of problems) expect(child.output.stderr).toContain(`  ${problem}`);
    expect(child.output.stderr.trim().split('\n')).toHaveLength(1 + problems.length);
  });

  it('exits with 1 when its port is taken', async () => {
    const { port, release } = await reservePort(0);
    const child = doorman({
      MCP_OAUTH_ISSUER: 'https://idp.example',
      MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9/mcp',
      PORT: `${port}`,
    });
    expect(await child.exited).toBe(1);
    expect(child.output.stdout).toBe('');
    expect(child.output.stderr).toContain('EADDRINUSE');
    await release();
  });
});
