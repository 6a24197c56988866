import { describe, expect, it } from 'vitest';
import {
  clientResponseHeaders,
  type ForwardedRequest,
  upstreamRequestHeaders,
} from '../../src/gateway/forward-headers.ts';

const request: ForwardedRequest = {
  headers: {},
  clientAddress: '203.0.113.7',
  requestId: 'request-1',
  resource: 'https://MCP.example:8443/mcp',
  hasBody: true,
  session: null,
  resumes: true,
};

function forwarded(headers: Record<string, string>, more: Partial<ForwardedRequest> = {}) {
  return upstreamRequestHeaders({ ...request, headers, ...more });
}

const own = {
  'accept-encoding': 'identity',
  'content-type': 'application/json',
  'x-request-id': 'request-1',
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'MCP.example:8443',
};

describe('upstreamRequestHeaders', () => {
  it('passes what MCP and tracing need', () => {
    const headers = {
      accept: 'application/json, text/event-stream',
      'user-agent': 'client/1',
      'last-event-id': '7',
      'mcp-protocol-version': '2026-07-28',
      'mcp-param-region': '=?base64?ZXU=?=',
      traceparent: '00-a-b-01',
      tracestate: 'x=1',
      baggage: 'y=2',
      'x-cloud-trace-context': 'z',
    };
    expect(forwarded(headers)).toEqual({ ...headers, ...own });
  });

  it.each([
    'authorization',
    'cookie',
    'proxy-authorization',
    'forwarded',
    'x-forwarded-user',
    'x_forwarded_for',
    'x-user',
    'x_user',
    'x-real-ip',
    'x-original-url',
    'x-http-method-override',
    'mcp_session_id',
    'connection',
    'keep-alive',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'expect',
    'host',
    'origin',
    'referer',
    'content-length',
    'content-encoding',
    'accept-encoding',
    'dpop',
  ])('keeps %s back', (name) => {
    expect(forwarded({ [name]: 'canary' })).toEqual(own);
  });

  it('states the forwarded headers itself, whatever the client sent', () => {
    const spoofed = {
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'evil.example',
      'x-request-id': 'other',
    };
    expect(forwarded(spoofed)).toEqual(own);
  });

  it('names the session that was checked, and none that a client merely proposes', () => {
    const proposed = { 'mcp-session-id': 'mine' };
    expect(forwarded(proposed)).toEqual(own);
    const checked = forwarded(proposed, { session: 'checked' });
    expect(checked).toEqual({ ...own, 'mcp-session-id': 'checked' });
  });

  it('tells where a stream broke off only to a server that can resume it', () => {
    const resuming = { 'last-event-id': '7' };
    expect(forwarded(resuming)).toEqual({ ...own, ...resuming });
    expect(forwarded(resuming, { resumes: false })).toEqual(own);
  });

  it('passes mirrored arguments on, whatever a tool calls them', () => {
    const mirrored = { 'mcp-param-region': 'eu', "mcp-param-a_b.c!#$%&'*+^`|~d": '1' };
    expect(forwarded({ ...mirrored, mcp_param_x: '1', 'mcp-na_me': '1' })).toEqual({
      ...own,
      ...mirrored,
    });
  });

  it('announces a body only where there is one', () => {
    const { 'content-type': _, ...rest } = own;
    expect(forwarded({ 'content-type': 'text/plain' }, { hasBody: false })).toEqual(rest);
  });
});

describe('clientResponseHeaders', () => {
  it('passes what MCP clients and caches need', () => {
    const headers = {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'mcp-session-id': 'session-1',
      'retry-after': '3',
      etag: '"1"',
      'x-accel-buffering': 'no',
      allow: 'POST',
    };
    expect(clientResponseHeaders(headers)).toEqual(headers);
  });

  it.each(['text/event-stream', 'Text/Event-Stream; charset=utf-8'])(
    'asks proxies not to hold %s back',
    (type) => {
      expect(clientResponseHeaders({ 'content-type': type })['x-accel-buffering']).toBe('no');
    },
  );

  it.each([
    'set-cookie',
    'location',
    'www-authenticate',
    'server',
    'access-control-allow-origin',
    'access-control-allow-credentials',
    'connection',
    'transfer-encoding',
    'content-encoding',
    'x-powered-by',
  ])('keeps %s back', (name) => {
    expect(clientResponseHeaders({ [name]: 'canary' })).toEqual({ 'cache-control': 'no-store' });
  });

  it.each([
    undefined,
    'public, max-age=60',
    'max-age=60, s-maxage=10',
    'PUBLIC',
    'max-age=60, must-revalidate',
  ])('forbids shared caches to store an answer with cache-control %j', (value) => {
    const headers = clientResponseHeaders(value === undefined ? {} : { 'cache-control': value });
    expect(headers['cache-control']).toBe('no-store');
  });
});
