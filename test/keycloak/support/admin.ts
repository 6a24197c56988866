import { inject } from 'vitest';

/** Keycloak's Admin REST API. */
export interface Admin {
  /** @throws Error for any answer that is no success. */
  send(method: string, path: string, body?: unknown): Promise<Response>;
}

const { url, admin } = inject('keycloak');

async function logIn(): Promise<string> {
  const response = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...admin }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new Error('Keycloak does not know the administrator');
  return token;
}

/** Opens the Admin API; its token lives for a minute, so each call brings a fresh one. */
export function openAdmin(): Admin {
  return {
    async send(method, path, body) {
      const response = await fetch(`${url}/admin/realms${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await logIn()}`,
          'content-type': 'application/json',
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!response.ok) {
        throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      }
      return response;
    },
  };
}
