import type { ClientMetadata, Provider } from 'oidc-provider';
import { oidcErrors } from './quiet-oidc-provider.ts';

const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Visual Studio Code comes back through these when it cannot listen on loopback itself. */
const editorRedirects: ReadonlySet<string> = new Set([
  'https://vscode.dev/redirect',
  'https://insiders.vscode.dev/redirect',
]);

function staysOnThisMachine(redirectUri: string): boolean {
  if (editorRedirects.has(redirectUri)) return true;
  const { protocol, hostname } = new URL(redirectUri);
  const web = protocol === 'http:' || protocol === 'https:';
  return !web || (protocol === 'http:' && loopbackHosts.has(hostname));
}

/**
 * Judges a dynamic registration (RFC 7591) at the demo's IdP and adjusts it in place.
 *
 * Redirect URIs must be on loopback, of an app's private scheme, or VS Code's own (RFC 8252
 * section 7). The registered scope is dropped: MCP clients send the scopes of their first
 * challenge, and an IdP that holds them to those refuses every later step-up.
 *
 * @throws InvalidRedirectUri
 */
export function admitClient(
  _ctx: unknown,
  _property: string,
  _value: unknown,
  metadata: ClientMetadata,
): void {
  const redirectUris: unknown = metadata.redirect_uris;
  const acceptable =
    Array.isArray(redirectUris) &&
    redirectUris.every(
      (uri) => typeof uri === 'string' && URL.canParse(uri) && staysOnThisMachine(uri),
    );
  if (!acceptable)
    throw new oidcErrors.InvalidRedirectUri('redirect_uris must lead to this machine');
  // Many MCP clients forget to say that they are native apps, whose loopback port may vary.
  metadata.application_type = 'native';
  delete metadata.scope;
}

/**
 * Lets MCP clients that live in a browser register: oidc-provider answers CORS requests (Fetch
 * standard) on every endpoint such a client needs but this one.
 */
export function openRegistrationToBrowsers(provider: Provider): void {
  provider.use(async (ctx, next) => {
    if (ctx.path !== '/reg') return next();
    ctx.set('Access-Control-Allow-Origin', '*');
    if (ctx.method !== 'OPTIONS') return next();
    ctx.set('Access-Control-Allow-Methods', 'POST');
    ctx.set('Access-Control-Allow-Headers', ctx.get('Access-Control-Request-Headers'));
    ctx.status = 204;
  });
}
