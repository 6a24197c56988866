import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startTokenInjector } from '../../../scripts/conformance/token-injector.ts';
import { reservePort } from '../../../src/cli/demo/listen.ts';
import { rawExchange, rawHead } from '../../support/raw-http.ts';
import { emptyResult, startUpstream, type Upstream } from '../../support/upstream.ts';
import { waiting } from '../../support/waiting.ts';

let upstream: Upstream;
let port: number;
let injector: { close(): Promise<void> };

beforeEach(async () => {
  upstream = await startUpstream(emptyResult);
  const reserved = await reservePort(0);
  ({ port } = reserved);
  await reserved.release();
  injector = await startTokenInjector({ port, target: upstream.port, token: 'a-token' });
});
afterEach(async () => {
  await injector.close();
  await upstream.close();
});

it('adds the token, and passes a forged Host and Origin on as they stand', async () => {
  const fields = ['hOST: evil.example.com', 'Origin: http://evil.example.com', 'Content-Length: 2'];
  const answer = await rawExchange(port, `${rawHead('/mcp?a=%2e', fields)}{}`);
  expect(answer.status).toBe(200);
  const { url, rawHeaders, body } = upstream.last();
  expect([url, body]).toEqual(['/mcp?a=%2e', '{}']);
  expect(rawHeaders.join('\n')).toContain(
    'hOST\nevil.example.com\nOrigin\nhttp://evil.example.com',
  );
  expect(rawHeaders.filter((name) => /^host$/i.test(name))).toHaveLength(1);
  expect(upstream.last().headers.authorization).toBe('Bearer a-token');
});

it('passes an event on before the stream is over, and a cut as a cut', async () => {
  let cut = (): void => {};
  upstream.answerWith((_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    cut = () => outgoing.destroy();
  });
  const response = await fetch(`http://127.0.0.1:${port}/mcp`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe('data: 1\n\n');
  cut();
  await expect(reader?.read()).rejects.toThrow();
});

it('tells the server that the client has gone', async () => {
  upstream.answerWith((_incoming, outgoing) => void outgoing.writeHead(200).write('data: 1\n\n'));
  const leaving = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}/mcp`, { signal: leaving.signal });
  expect(response.status).toBe(200);
  leaving.abort();
  await vi.waitFor(() => expect(upstream.last().outcome).toBe('cut'), waiting);
});
