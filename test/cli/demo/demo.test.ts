import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type GatewaySettings, runDemo, type StartGateway } from '../../../src/cli/demo/demo.ts';
import { closeServer, listenOnLoopback } from '../../../src/cli/demo/listen.ts';

const plain = { tokens: 'jwt', dpop: false } as const;

function screen() {
  const output: string[] = [];
  return { stdout: { write: (text: string) => output.push(text) }, text: () => output.join('') };
}

/** A gateway that guards nothing: hands every request to the upstream. */
function openGateway(seen: GatewaySettings[], started?: () => void): StartGateway {
  return async (settings) => {
    seen.push(settings);
    const server = createServer((incoming, outgoing) => {
      const { host: _host, ...headers } = incoming.headers;
      const { method = 'GET' } = incoming;
      const onward = request(settings.upstream, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    });
    await listenOnLoopback(server, settings.port);
    started?.();
    return { url: settings.resource, close: () => closeServer(server) };
  };
}

async function expectAllClosed({ issuer, resource, upstream }: GatewaySettings): Promise<void> {
  for (const url of [issuer, resource, upstream]) await expect(fetch(url)).rejects.toThrow();
}

function listeners(): readonly number[] {
  return ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal));
}

describe('runDemo', () => {
  it('tells the gateway one resource, the issuer and a policy, all of this machine', async () => {
    const seen: GatewaySettings[] = [];
    await runDemo({ ...plain, exit: true, env: {}, ...screen(), startGateway: openGateway(seen) });
    const [settings] = seen;
    expect(settings?.resource).toBe(`http://localhost:${settings?.port}/mcp`);
    expect(settings?.issuer).toMatch(/^http:\/\/localhost:\d+$/);
    expect(settings?.upstream).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
    expect(settings?.policy.tools?.at(-1)).toEqual({ match: '*', scopes: ['notes:admin'] });
    expect(settings).toMatchObject({ introspector: null, dpop: false });
  });

  it('gives the gateway a client of its own where tokens are opaque, with a new secret each time', async () => {
    const seen: GatewaySettings[] = [];
    const options = { exit: true, env: {}, tokens: 'opaque', dpop: true } as const;
    for (const _ of [1, 2])
      await runDemo({ ...options, ...screen(), startGateway: openGateway(seen) });
    const secrets = seen.map(({ introspector }) => introspector?.clientSecret);
    expect(new Set(secrets).size).toBe(2);
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
    expect(seen[0]).toMatchObject({ introspector: { clientId: 'mcp-doorman' }, dpop: true });
    const [purge] = seen[0]?.policy.tools?.slice(-1) ?? [];
    expect(purge).toEqual({ match: '*', scopes: ['notes:admin'], introspect: true });
  });

  it('ends with 1 at the first step when the gateway lets everybody in, and closes everything', async () => {
    const seen: GatewaySettings[] = [];
    const before = listeners();
    const { stdout, text } = screen();
    const startGateway = openGateway(seen);
    expect(await runDemo({ ...plain, exit: false, env: {}, stdout, startGateway })).toBe(1);
    expect(text()).toContain('  1  A client without a token is turned away');
    expect(text()).toContain('✗');
    expect(text()).not.toContain('  2  ');
    expect(text()).not.toContain('claude mcp add');
    expect(listeners()).toEqual(before);
    for (const settings of seen) await expectAllClosed(settings);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'closes everything on %s, also while it is starting',
    async (signal) => {
      const seen: GatewaySettings[] = [];
      const before = listeners();
      const startGateway = openGateway(seen, () => process.emit(signal));
      expect(await runDemo({ ...plain, exit: false, env: {}, ...screen(), startGateway })).toBe(1);
      expect(listeners()).toEqual(before);
      expect(seen).toHaveLength(1);
      for (const settings of seen) await expectAllClosed(settings);
    },
  );

  it('closes what it started when the gateway cannot start', async () => {
    const seen: GatewaySettings[] = [];
    const startGateway: StartGateway = (settings) => {
      seen.push(settings);
      return Promise.reject(new Error('no gateway'));
    };
    const demo = runDemo({ ...plain, exit: true, env: {}, ...screen(), startGateway });
    await expect(demo).rejects.toThrow('no gateway');
    expect(seen).toHaveLength(1);
    for (const settings of seen) await expectAllClosed(settings);
  });

  it.each(['port', 'idpPort'])('says so when the %s asked for is taken', async (name) => {
    const holder = createServer();
    await listenOnLoopback(holder, 0);
    const { port } = holder.address() as AddressInfo;
    const options = { ...plain, exit: true, env: {}, ...screen(), startGateway: openGateway([]) };
    const demo = runDemo({ ...options, [name]: port });
    await expect(demo).rejects.toMatchObject({ code: 'EADDRINUSE', port });
    await closeServer(holder);
  });
});
