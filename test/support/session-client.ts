import type { Session } from '../contract/sessions.ts';

/** A session of Streamable HTTP by its id. */
export function httpSession(url: string, id: string): Session {
  const send = async (token: string, init: RequestInit): Promise<Response> => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2025-11-25',
      ...init.headers,
    };
    return fetch(url, { ...init, headers: { ...headers, 'mcp-session-id': id } });
  };
  return {
    post: (token, message) => send(token, { method: 'POST', body: JSON.stringify(message) }),
    stream: (token) => send(token, { headers: { accept: 'text/event-stream' } }),
    end: (token) => send(token, { method: 'DELETE' }),
  };
}

export const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'bare', version: '1' },
  },
} as const;

/**
 * Opens a session of Streamable HTTP.
 *
 * @returns its id.
 */
export async function openHttpSession(url: string, token: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify(initialize),
  });
  const id = response.headers.get('mcp-session-id');
  const text = await response.text();
  if (id === null) throw new Error(`no session: ${response.status} ${text}`);
  return id;
}
