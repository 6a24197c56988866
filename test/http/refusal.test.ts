import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorTable } from '../../src/core/error-table.ts';
import { DoormanError } from '../../src/core/errors.ts';
import { refusal, refusedToolResult } from '../../src/http/refusal.ts';

const resourceMetadata = 'https://mcp.example/.well-known/oauth-protected-resource/mcp';
const codes = Object.keys(errorTable) as ErrorCode[];

describe('refusal', () => {
  it.each(codes)('answers %s with the status, text and caching of the table', async (code) => {
    const { status, message } = errorTable[code];
    const response = refusal(new DoormanError(code), { resourceMetadata });
    expect(response.status).toBe(status);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Content-Type')).toBe('application/json');
    const body = await response.json();
    expect(body).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: status } });
    expect(body.error.message.startsWith(message)).toBe(true);
  });

  it.each(codes)('challenges for %s exactly when the table says so', (code) => {
    const { challenge, oauthError } = errorTable[code];
    const schemes = [/dpop/.test(oauthError ?? '') ? 'dpop' : 'bearer'] as const;
    const header = refusal(new DoormanError(code), { resourceMetadata, schemes }).headers.get(
      'WWW-Authenticate',
    );
    if (!challenge) expect(header).toBeNull();
    else if (oauthError) expect(header).toContain(`error="${oauthError}"`);
    else expect(header).toBe(`Bearer resource_metadata="${resourceMetadata}"`);
  });

  it('sends every 401 with a challenge and no outage as 401', () => {
    for (const row of Object.values(errorTable)) {
      if (row.status === 401) expect(row.challenge).toBe(true);
    }
    expect(errorTable.issuer_unavailable.status).toBe(503);
  });

  it('never uses a JSON-RPC code of the range that is reserved for the specification', async () => {
    for (const code of codes) {
      const { error } = await refusal(new DoormanError(code), { resourceMetadata: null }).json();
      expect(error.code <= -32100 || error.code >= -31999).toBe(true);
    }
  });

  it('carries the error data that MCP wants, and none by itself', async () => {
    const rpcData = { supported: ['2026-07-28'], requested: '"' };
    const told = new DoormanError('version_unsupported', { rpcCode: -32022, rpcData });
    const { error } = await refusal(told, { resourceMetadata: null }).json();
    expect(error).toMatchObject({ code: -32022, data: rpcData });
    const silent = refusal(new DoormanError('version_unsupported'), { resourceMetadata: null });
    expect((await silent.json()).error).not.toHaveProperty('data');
  });

  it('repeats the id of the request as the client wrote it', async () => {
    const response = refusal(new DoormanError('operation_denied'), {
      resourceMetadata,
      rpcId: '9007199254740993',
    });
    expect(await response.text()).toContain('"id":9007199254740993,');
  });

  it('names the needed scopes where people read them', async () => {
    const response = refusal(new DoormanError('scope_insufficient'), {
      resourceMetadata,
      scopes: ['mcp:read', 'mcp:admin'],
    });
    expect(response.headers.get('WWW-Authenticate')).toContain('scope="mcp:read mcp:admin"');
    expect((await response.json()).error.message).toContain('Needed: mcp:read mcp:admin.');
  });

  it('says when to retry an outage, and lets the cause override the time', () => {
    const context = { resourceMetadata };
    expect(
      refusal(new DoormanError('issuer_unavailable'), context).headers.get('Retry-After'),
    ).toBe('5');
    const slow = new DoormanError('issuer_unavailable', { retryAfterSeconds: 30 });
    expect(refusal(slow, context).headers.get('Retry-After')).toBe('30');
  });

  it('closes the connection while shutting down', () => {
    const response = refusal(new DoormanError('shutting_down'), { resourceMetadata });
    expect(response.headers.get('Connection')).toBe('close');
    expect(response.headers.get('Retry-After')).not.toBeNull();
  });

  it('shows nothing of the cause or of the detail', async () => {
    const error = new DoormanError('audience_mismatch', {
      cause: new Error('canary-cause'),
      detail: { got: 'canary-detail' },
    });
    const response = refusal(error, { resourceMetadata });
    const shown = JSON.stringify([...response.headers]) + (await response.text());
    expect(shown).not.toContain('canary');
  });

  it('takes another status and further headers from its caller', () => {
    const response = refusal(new DoormanError('method_unknown', { rpcCode: -32601 }), {
      resourceMetadata,
      status: 404,
      headers: { Allow: 'GET' },
    });
    expect(response.status).toBe(404);
    expect(response.headers.get('Allow')).toBe('GET');
  });

  it('sends a challenge with every 401, without OAuth too', () => {
    const response = refusal(new DoormanError('token_missing'), { resourceMetadata: null });
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer realm="mcp"');
  });

  it('offers the schemes it is given, with the error under the one that was used', () => {
    const response = refusal(new DoormanError('binding_mismatch'), {
      resourceMetadata,
      schemes: ['bearer', 'dpop'],
      presented: 'dpop',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toMatch(
      /^Bearer resource_metadata="[^"]*", DPoP .*error="invalid_token"/,
    );
  });

  it('hands out the nonce that the next proof needs, and none otherwise', () => {
    const context = { resourceMetadata, schemes: ['bearer', 'dpop'] } as const;
    const challenged = refusal(
      new DoormanError('proof_nonce_required', { dpopNonce: 'nonce-1' }),
      context,
    );
    expect(challenged.status).toBe(401);
    expect(challenged.headers.get('DPoP-Nonce')).toBe('nonce-1');
    expect(challenged.headers.get('WWW-Authenticate')).toContain('error="use_dpop_nonce"');
    expect(refusal(new DoormanError('proof_invalid'), context).headers.has('DPoP-Nonce')).toBe(
      false,
    );
  });
});

describe('refusedToolResult', () => {
  const error = new DoormanError('scope_insufficient', { detail: { got: 'canary' } });

  it.each([
    ['before MCP 2026-07-28', null, {}],
    ['from MCP 2026-07-28 on', 'complete', { resultType: 'complete' }],
  ] as const)('says %s what is needed, and how to get it', async (_when, resultType, more) => {
    const context = { resourceMetadata, scopes: ['a', 'b'], rpcId: '1e400' };
    const response = refusedToolResult(error, context, resultType);
    expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([200, null]);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    const challenge = refusal(error, context).headers.get('WWW-Authenticate');
    const text = `${error.message} Needed: a b.`;
    const result = JSON.stringify({
      ...more,
      content: [{ type: 'text', text }],
      isError: true,
      _meta: { 'mcp/www_authenticate': [challenge] },
    });
    expect(await response.text()).toBe(`{"jsonrpc":"2.0","id":1e400,"result":${result}}`);
  });
});
