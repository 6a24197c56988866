import { createServer } from 'node:http';
import express from 'express';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doorman as fetchDoorman } from '../../src/adapters/fetch.ts';
import { doorman as honoDoorman } from '../../src/adapters/hono.ts';
import { doorman as nodeDoorman } from '../../src/adapters/node.ts';
import type { AuthInfo, Principal } from '../../src/index.ts';
import { rawExchange, rawHead } from '../support/raw-http.ts';
import { call, type LibraryRig, libraryRig, listen, post, webServer } from './rig.ts';

/** What a handler got to see, as it tells it to the client. */
interface Seen {
  readonly subject: Principal['subject'];
  readonly auth: AuthInfo;
  readonly text: string;
}

const told = (principal: Principal, auth: AuthInfo, text: string): Seen => ({
  subject: principal.subject,
  auth,
  text,
});
const options = { allowedOrigins: ['https://app.example'] };

const adapters: Readonly<Record<string, (rig: LibraryRig) => Promise<() => Promise<void>>>> = {
  Hono({ server, port }) {
    const app = new Hono();
    app.use(
      honoDoorman(
        server,
        async (c) => c.json(told(c.var.principal, c.var.authInfo, await c.req.text())),
        options,
      ),
    );
    app.get('/health', (c) => c.text('ok'));
    return listen(webServer(app.fetch), port);
  },
  fetch({ server, port }) {
    const handler = fetchDoorman(
      server,
      async (request, { principal, authInfo }) =>
        Response.json(told(principal, authInfo, await request.text())),
      options,
    );
    return listen(webServer(handler), port);
  },
  Express({ server, port }) {
    const app = express();
    app.use(
      nodeDoorman(
        server,
        (req, res: express.Response) => {
          res.json(told(req.principal, req.auth, `${req.rawBody ?? ''}`));
        },
        options,
      ),
    );
    app.get('/health', (_req, res) => void res.send('ok'));
    return listen(createServer(app), port);
  },
};

describe.each(Object.entries(adapters))('the adapter for %s', (name, mount) => {
  let rig: LibraryRig;
  let close: () => Promise<void>;
  let token: string;

  beforeAll(async () => {
    rig = await libraryRig();
    close = await mount(rig);
    token = await rig.mint({ scope: 'mcp:access mcp:tools:write' });
  });
  afterAll(() => close());

  const ask = (headers: Record<string, string> = {}, body = call('add')) =>
    fetch(post(rig.resource, token, body, headers));

  it('hands the caller to the handler, as MCP SDKs want one', async () => {
    const { subject, auth } = (await (await ask()).json()) as Seen;
    expect(subject).toBe('alice');
    expect(auth).toMatchObject({
      token,
      clientId: 'inspector',
      resource: rig.resource,
      resourceMetadataUrl: `http://127.0.0.1:${rig.port}/.well-known/oauth-protected-resource/mcp`,
      extra: { issuer: rig.idp.issuer, subject: 'alice' },
    });
    expect(auth.expiresAt).toBeGreaterThan(Date.now() / 1000);
    expect(auth.scopes).toEqual(['mcp:access', 'mcp:tools:write', 'mcp:tools:read']);
  });

  it('hands on the canonical message, and no other reading of the bytes', async () => {
    const { text } = (await (await ask({}, ` ${call('add')}\n`)).json()) as Seen;
    expect(text).toBe(call('add'));
  });

  it.each(['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'])(
    'serves metadata at %s',
    async (path) => {
      const response = await fetch(new URL(path, rig.resource));
      expect(response.status).toBe(200);
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
      expect(await response.json()).toMatchObject({ resource: rig.resource });
    },
  );

  it('leaves other paths to the app', async () => {
    const { status } = await fetch(new URL('/health', rig.resource));
    expect(status).toBe(name === 'fetch' ? 404 : 200);
  });

  it('answers a preflight of a permitted origin, and no other', async () => {
    const preflight = (origin: string) =>
      fetch(rig.resource, {
        method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
      });
    const granted = await preflight('https://app.example');
    expect([granted.status, granted.headers.get('Access-Control-Allow-Origin')]).toEqual([
      204,
      'https://app.example',
    ]);
    const refused = await preflight('https://evil.example');
    expect([refused.status, refused.headers.get('Access-Control-Allow-Origin')]).toEqual([
      403,
      null,
    ]);
  });

  it('shows answers and challenges to a permitted origin', async () => {
    const headers = { Origin: 'https://app.example' };
    for (const response of [
      await ask(headers),
      await fetch(post(rig.resource, null, '', headers)),
    ]) {
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://app.example');
      expect(response.headers.get('Access-Control-Expose-Headers')).toContain('WWW-Authenticate');
      expect(response.headers.get('Vary')).toContain('Origin');
    }
  });

  it.each(['https://evil.example', 'null', 'http://localhost:1'])(
    'refuses the origin %s',
    async (Origin) => {
      const response = await ask({ Origin });
      expect(response.status).toBe(403);
      expect(rig.log.lines.at(-1)?.fields).toMatchObject({ code: 'origin_denied' });
    },
  );

  it('is not served under a foreign host name, against DNS rebinding', async () => {
    const app = new URL(rig.resource);
    const answer = await rawExchange(
      Number(app.port),
      rawHead('/mcp', ['Host: evil.example', `Authorization: Bearer ${token}`], 'GET'),
    );
    expect(answer.status).toBe(421);
  });
});

describe('createMount', () => {
  it.each(['app.example', 'https://app.example/', 'https://APP.example', '*', 'null'])(
    'refuses %s as an allowed origin',
    async (origin) => {
      const { server } = await libraryRig();
      expect(() =>
        fetchDoorman(server, () => new Response(), { allowedOrigins: [origin] }),
      ).toThrow(/is no origin/);
    },
  );
});

describe('an error of the handler', () => {
  const boom = (): never => {
    throw new Error('boom');
  };

  it("is the fetch runtime's", async () => {
    const { server, resource, mint } = await libraryRig();
    const handler = fetchDoorman(server, boom);
    await expect(handler(post(resource, await mint()))).rejects.toThrow('boom');
  });

  it("is Hono's", async () => {
    const { server, resource, mint } = await libraryRig();
    const app = new Hono()
      .use(honoDoorman(server, boom))
      .onError((error, c) => c.text(error.message, 500));
    const response = await app.fetch(post(resource, await mint()));
    expect([response.status, await response.text()]).toEqual([500, 'boom']);
  });

  it("is Express's, whose answer comes out", async () => {
    const { server, resource, port, mint } = await libraryRig();
    const app = express().use(nodeDoorman(server, boom));
    app.use((error: Error, _req: unknown, res: express.Response, _next: unknown) => {
      res.status(500).send(error.message);
    });
    const close = await listen(createServer(app), port);
    const response = await fetch(post(resource, await mint()));
    expect([response.status, await response.text()]).toEqual([500, 'boom']);
    await close();
  });
});

describe('a body that was read before', () => {
  it('is a mistake that Hono reports', async () => {
    const { server, resource, mint } = await libraryRig();
    const app = new Hono();
    app.use(async (c, next) => {
      await c.req.json();
      await next();
    });
    app.use(honoDoorman(server, (c) => c.text('reached')));
    app.onError((error, c) => c.text(error.message, 500));
    const response = await app.fetch(post(resource, await mint()));
    expect([response.status, await response.text()]).toEqual([
      500,
      'doorman must come before what reads the request body',
    ]);
  });

  it('is a mistake that Express reports', async () => {
    const { server, resource, port, mint } = await libraryRig();
    const app = express().use(
      express.json(),
      nodeDoorman(server, (_req, res) => void res.end('reached')),
    );
    app.use((error: Error, _req: unknown, res: express.Response, _next: unknown) => {
      res.status(500).send(error.message);
    });
    const close = await listen(createServer(app), port);
    const response = await fetch(post(resource, await mint()));
    expect([response.status, await response.text()]).toEqual([
      500,
      'doorman must come before what reads the body',
    ]);
    await close();
  });
});

describe('a body that is not worth reading', () => {
  const flood = Buffer.alloc(64 * 1024, ' ');
  const fewBytes = 16 * 1024 * 1024;

  async function send(fields: (token: string) => readonly string[]) {
    const { server, port, mint } = await libraryRig();
    let served = 0;
    const handler = () => {
      served += 1;
    };
    const close = await listen(createServer(express().use(nodeDoorman(server, handler))), port);
    const head = rawHead('/mcp', [`Host: 127.0.0.1:${port}`, ...fields(await mint())]);
    // Without a wish of the client's to close: that is the server's to say.
    const answer = await rawExchange(port, head.replace('Connection: close\r\n', ''), flood);
    await close();
    expect(served).toBe(0);
    return answer;
  }

  it('is cut off behind a refusal', async () => {
    const answer = await send(() => [
      'Content-Type: application/json',
      'Content-Length: 200000000',
    ]);
    expect([answer.status, answer.headers.get('connection')]).toEqual([401, 'close']);
    expect(answer.sentBytes).toBeLessThan(fewBytes);
  });

  it('is refused as too long when it has to be read', async () => {
    const answer = await send((token) => [
      'Content-Type: application/json',
      `Authorization: Bearer ${token}`,
      'Content-Length: 200000000',
    ]);
    expect([answer.status, answer.headers.get('connection')]).toEqual([413, 'close']);
    expect(answer.sentBytes).toBeLessThan(fewBytes);
  });

  it('is refused as too long where its length is not told', async () => {
    const { server, port, mint } = await libraryRig();
    const handler = nodeDoorman(server, (_req, res) => void res.end('reached'));
    const close = await listen(createServer(handler), port);
    const head = rawHead('/mcp', [
      `Host: 127.0.0.1:${port}`,
      'Content-Type: application/json',
      `Authorization: Bearer ${await mint()}`,
      'Transfer-Encoding: chunked',
    ]);
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), flood, Buffer.from('\r\n')]);
    const answer = await rawExchange(port, head.replace('Connection: close\r\n', ''), chunk);
    expect([answer.status, answer.headers.get('connection')]).toEqual([413, 'close']);
    expect(answer.sentBytes).toBeLessThan(fewBytes);
    await close();
  });
});

describe('the body of a request that has none to be judged', () => {
  async function send(method: string, fields: readonly string[], body: string) {
    const { server, port, mint } = await libraryRig();
    const found: string[] = [];
    const handler = nodeDoorman(server, async (req, res) => {
      let text = '';
      for await (const chunk of req) text += chunk;
      found.push(text);
      res.end();
    });
    const close = await listen(createServer(handler), port);
    const own = [`Host: 127.0.0.1:${port}`, `Authorization: Bearer ${await mint()}`];
    const head = rawHead('/mcp', [...own, ...fields], method);
    const { status } = await rawExchange(port, head + body);
    await close();
    return { status, found };
  }

  const purge = call('purge');
  const chunked = `${purge.length.toString(16)}\r\n${purge}\r\n0\r\n\r\n`;
  const long = ' '.repeat(65 * 1024);

  it.each<[string, readonly string[], string]>([
    ['GET', [`Content-Length: ${purge.length}`], purge],
    ['DELETE', [`Content-Length: ${purge.length}`], purge],
    ['DELETE', ['Transfer-Encoding: chunked'], chunked],
    ['GET', [], ''],
  ])('is not there for the handler: %s %j', async (method, fields, body) => {
    expect(await send(method, fields, body)).toEqual({ status: 200, found: [''] });
  });

  it('is refused where it is not worth reading', async () => {
    const answer = await send('DELETE', [`Content-Length: ${long.length}`], long);
    expect(answer).toEqual({ status: 413, found: [] });
  });
});

describe('more header fields than are looked at', () => {
  it('are refused, since what Node drops of them cannot be checked', async () => {
    const { server, port } = await libraryRig();
    const handler = nodeDoorman(server, (_req, res) => void res.end('reached'));
    const close = await listen(createServer(handler), port);
    const many = Array.from({ length: 150 }, (_, at) => `X-${at}: 1`);
    const head = rawHead('/mcp', [`Host: 127.0.0.1:${port}`, ...many]);
    expect(await rawExchange(port, head)).toMatchObject({ status: 431 });
    await close();
  });
});

describe('a session', () => {
  it('of another user does not exist, whatever the handler would answer', async () => {
    const { server, resource, port, mint } = await libraryRig();
    let served = 0;
    const app = nodeDoorman(server, (_req, res) => {
      served += 1;
      res.writeHead(200, { 'Content-Type': 'application/json', 'Mcp-Session-Id': 'of-alice' });
      res.end('{"jsonrpc":"2.0","id":1,"result":{}}');
    });
    const close = await listen(createServer(app), port);
    const initialize = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} });
    const opened = await fetch(post(resource, await mint(), initialize));
    expect(opened.headers.get('Mcp-Session-Id')).toBe('of-alice');
    const session = { 'Mcp-Session-Id': 'of-alice' };
    const foreign = await fetch(
      post(resource, await mint({ sub: 'mallory' }), call('add'), session),
    );
    expect([foreign.status, served]).toEqual([404, 1]);
    const own = await fetch(post(resource, await mint(), call('add'), session));
    expect([own.status, served]).toEqual([200, 2]);
    await close();
  });
});
