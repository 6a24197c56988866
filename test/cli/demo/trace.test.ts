import { describe, expect, it } from 'vitest';
import { recordExchanges } from '../../../src/cli/demo/trace.ts';

const jwt = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(
  JSON.stringify({
    sub: 'Ada',
    aud: 'http://localhost/mcp',
    scope: 'notes:read',
    iat: 0,
    exp: 600,
  }),
).toString('base64url')}.c2lnbmF0dXJl`;

describe('recordExchanges', () => {
  const secrets = {
    access_token: jwt,
    refresh_token: 'refresh-secret',
    id_token: 'identity-secret',
    client_secret: 'client-secret',
    registration_access_token: 'registration-secret',
  };

  it('shows the claims of a token and none of the secrets around it', async () => {
    const trace = recordExchanges(async () => Response.json({ ...secrets, scope: 'notes:read' }));
    await trace.fetch('http://localhost:1/token?code=query-code&state=query-state', {
      method: 'POST',
      headers: { authorization: `Bearer ${jwt}` },
      body: new URLSearchParams({ code: 'the-code', code_verifier: 'pkce-proof', scope: 'a b' }),
    });
    const [exchange] = trace.take();
    const everything = JSON.stringify(exchange) + exchange?.url.href;
    for (const secret of [
      ...Object.values(secrets),
      ...jwt.split('.'),
      'query-code',
      'query-state',
      'the-code',
      'pkce-proof',
    ])
      expect(everything).not.toContain(secret);
    expect(exchange?.received).toContainEqual(['  aud', 'http://localhost/mcp']);
    expect(exchange?.received).toContainEqual(['  exp', '600 s from now']);
    expect(exchange?.sent).toContainEqual(['scope', 'a b']);
  });

  it('gives one secret one name, so that it can be followed through the walk', async () => {
    const trace = recordExchanges(
      async () => new Response(null, { status: 303, headers: { location: '/cb?code=abc' } }),
    );
    await trace.fetch('http://localhost:1/auth');
    await trace.fetch('http://localhost:1/token', {
      method: 'POST',
      body: new URLSearchParams({ code: 'abc' }),
    });
    const [redirect, trade] = trace.take();
    const name = trade?.sent.find(([field]) => field === 'code')?.[1];
    expect(name).toMatch(/^‹code [0-9a-f]{8}›$/);
    expect(redirect?.received).toEqual([['Location', `/cb?code=${name}`]]);
  });

  it('names the MCP operation of a message', async () => {
    const trace = recordExchanges(async () => new Response());
    for (const message of [
      { method: 'tools/call', params: { name: 'notes_list' } },
      { method: 'resources/read', params: { uri: 'notes://all' } },
      { method: 'tools/list' },
      { result: {} },
    ])
      await trace.fetch('http://localhost:1/mcp', {
        method: 'POST',
        body: JSON.stringify(message),
      });
    expect(trace.take().map(({ operation }) => operation)).toEqual([
      'tools/call notes_list',
      'resources/read notes://all',
      'tools/list',
      '',
    ]);
  });

  it('leaves an event stream unread', async () => {
    const stream = new ReadableStream({});
    const headers = { 'content-type': 'text/event-stream; charset=utf-8' };
    const trace = recordExchanges(async () => new Response(stream, { headers }));
    const response = await trace.fetch('http://localhost:1/mcp');
    expect(response.bodyUsed).toBe(false);
    expect(trace.take()).toMatchObject([{ mediaType: 'text/event-stream', body: {} }]);
    expect(trace.take()).toEqual([]);
  });
});
