import { afterAll, beforeAll, vi } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type Session, sessionContract } from '../contract/sessions.ts';
import { type GatewayRig, mintToken, startGatewayRig } from '../support/gateway-rig.ts';
import { legacyServer } from '../support/legacy-server.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const policy = {
  required: ['mcp:access'],
  tools: [
    { match: 'read', scopes: ['mcp:tools:read'] },
    { match: '*', scopes: ['mcp:admin'] },
  ],
};
const waiting = { timeout: 10_000, interval: 5 };
let upstream: Upstream;
let rig: GatewayRig;
let foreign: Idp;
const open = new Set<AbortController>();

beforeAll(async () => {
  upstream = await startUpstream(legacyServer(() => ({ content: [] })).answer);
  foreign = await startIdp({ resource: 'http://127.0.0.1/unused', scopes: ['mcp:access'] });
  const url = `sse+http://127.0.0.1:${upstream.port}/sse`;
  rig = await startGatewayRig({
    upstream: url,
    policy,
    change({ issuers, ...service }) {
      const { services } = loadConfig({
        env: {
          MCP_OAUTH_ISSUER: foreign.issuer,
          MCP_OAUTH_RESOURCE: service.resource,
          MCP_OAUTH_UPSTREAM: url,
        },
        flags: {},
        insecureNoAuth: false,
      });
      return { ...service, issuers: [...issuers, ...services[0].issuers] };
    },
  });
});
afterAll(async () => {
  for (const stream of open) stream.abort();
  await rig?.close();
  await foreign?.close();
  await upstream?.close();
});

function post(endpoint: URL, token: string, message: object): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(message) });
}

const none = async (): Promise<Response> => Response.error();

/** A session by an id that no stream was opened for. */
function named(id: string): Session {
  const endpoint = new URL(`${rig.resource}?session=${encodeURIComponent(id)}`);
  return { post: (token, message) => post(endpoint, token, message), stream: none, end: none };
}

/** A session whose calls are answered as over Streamable HTTP: with what comes on the stream. */
async function openSession(token: string): Promise<Session> {
  const stop = new AbortController();
  open.add(stop);
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  const response = await fetch(rig.resource, { headers, signal: stop.signal });
  const arrival = upstream.last();
  let seen = '';
  const write = (text: string): void => {
    seen += text;
  };
  // Ends with the abort below.
  void response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeTo(new WritableStream({ write }))
    .catch(() => {});
  await vi.waitUntil(() => /^data: \S+\n\n/m.test(seen), waiting);
  const endpoint = new URL(/^data: (\S+)$/m.exec(seen)?.[1] ?? '', rig.resource);

  return {
    async post(sender, message) {
      const accepted = await post(endpoint, sender, message);
      if (accepted.status !== 202 || !('id' in message) || !('method' in message)) return accepted;
      await vi.waitUntil(() => seen.includes(`"id":${message.id},`), waiting);
      return new Response(seen, { status: 200 });
    },
    stream: none,
    async end() {
      stop.abort();
      await vi.waitUntil(() => arrival.outcome === 'cut', waiting);
      return new Response(null, { status: 200 });
    },
  };
}

sessionContract('HTTP+SSE', {
  rig: () => ({
    open: openSession,
    named,
    mint: rig.mint,
    mintForeign: (claims = {}) => mintToken(foreign, { aud: rig.resource, ...claims }),
    reached: () => upstream.arrivals.length,
    log: rig.log,
  }),
  narrow: 'mcp:access mcp:tools:read',
  malformed: ['0'.repeat(22), '0'.repeat(21), 'two words', '../1', ''],
  // A GET opens a session of its own, and who opened one ends it by leaving.
  lacks: ['the stream', 'the end'],
});
