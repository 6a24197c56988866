import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import { openAdmin } from './admin.ts';

export type Username = 'reader' | 'writer' | 'admin';

export interface Grant {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scope: string;
}

/** One realm of the deploy folder's realm file; what a test does to it reaches no other test. */
export interface Realm {
  readonly name: string;
  readonly issuer: string;
  /** Asks the token endpoint. */
  token(parameters: Readonly<Record<string, string>>, secret?: string): Promise<Grant>;
  /** A user's grant without a browser, by the client `mcp-public`. */
  grant(username: Username, scope?: string): Promise<Grant>;
  /** Calls the Admin API below this realm. */
  admin(method: string, path: string, body?: unknown): Promise<Response>;
  /** Posts to an endpoint of the protocol, such as `logout` or `revoke`. */
  post(endpoint: string, parameters: Readonly<Record<string, string>>): Promise<Response>;
  remove(): Promise<void>;
}

export const allScopes = 'mcp:tools:read mcp:tools:write mcp:admin';
const realmFile = new URL('../../../deploy/keycloak/mcp-realm.json', import.meta.url);

/** The realm that Keycloak imported at its start. */
export function importedRealm(): Realm {
  return realmNamed('mcp');
}

function realmNamed(name: string): Realm {
  const issuer = `${inject('keycloak').url}/realms/${name}`;
  const { send } = openAdmin();

  function post(endpoint: string, parameters: Readonly<Record<string, string>>, basic?: string) {
    return fetch(`${issuer}/protocol/openid-connect/${endpoint}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
      ...(basic !== undefined && { headers: { authorization: `Basic ${btoa(basic)}` } }),
    });
  }

  async function token(parameters: Readonly<Record<string, string>>, secret?: string) {
    const { client_id: id = '', ...rest } = parameters;
    const response =
      secret === undefined
        ? await post('token', parameters)
        : await post('token', rest, `${id}:${secret}`);
    if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
    return (await response.json()) as Grant;
  }

  return {
    name,
    issuer,
    token,
    grant: (username, scope = `openid ${allScopes}`) =>
      token({
        grant_type: 'password',
        client_id: 'mcp-public',
        username,
        password: username,
        scope,
      }),
    admin: (method, path, body) => send(method, `/${name}${path}`, body),
    post: (endpoint, parameters) => post(endpoint, parameters),
    remove: async () => void (await send('DELETE', `/${name}`)),
  };
}

/** The realm file as Keycloak reads it at import, under another name and for another resource. */
function realmDocument(name: string, resource: string): { readonly realm: string } {
  const text = readFileSync(realmFile, 'utf8')
    // The Admin API fills in no placeholders, unlike the import.
    .replaceAll(/\$\{MCP_RESOURCE:[^}]*\}/g, resource)
    .replaceAll('"default-roles-mcp"', JSON.stringify(`default-roles-${name}`));
  return { ...(JSON.parse(text) as object), realm: name };
}

/** Makes a realm whose tokens are for one resource. */
export async function createRealm(resource: string): Promise<Realm> {
  const name = `mcp-${crypto.randomUUID().slice(0, 8)}`;
  await openAdmin().send('POST', '', realmDocument(name, resource));
  return realmNamed(name);
}
