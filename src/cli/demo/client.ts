import {
  Client,
  type DpopSession,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import type { TracedFetch } from './trace.ts';

/** Nobody listens here: the browser hands the redirect over instead of opening it. */
export const redirectUri = 'http://127.0.0.1:33418/callback';

export interface DemoClient {
  /** The SDK's client; usable once {@link DemoClient.connect} has returned `true`. */
  readonly mcp: Client;
  /**
   * Runs `work` on the connection; `null` when the gateway wants the user to log in first, who is
   * then expected at {@link DemoClient.loginUrl}.
   */
  attempt<Result>(work: (mcp: Client) => Promise<Result>): Promise<Result | null>;
  /** Connects to the server; `false` when the gateway wants the user to log in first. */
  connect(): Promise<boolean>;
  /** Where the SDK wants to send the user. */
  loginUrl(): URL;
  /** Redeems the authorization code of the redirect. */
  finishLogin(callback: URL): Promise<void>;
  /** The token held now; empty before the first login. */
  accessToken(): string;
  /** The refresh token held now; empty before the first login. */
  refreshToken(): string;
  /** The id it was registered under; empty before that. */
  clientId(): string;
  close(): Promise<void>;
}

interface Session {
  readonly provider: OAuthClientProvider;
  loginUrl(): URL;
  accessToken(): string;
  refreshToken(): string;
  clientId(): string;
  checkState(state: string | null): void;
}

function createSession(dpop: DpopSession | null): Session {
  let client: StoredOAuthClientInformation | undefined;
  let tokens: StoredOAuthTokens | undefined;
  let discovery: OAuthDiscoveryState | undefined;
  let verifier = '';
  let login: URL | undefined;
  let state = '';
  const provider: OAuthClientProvider = {
    redirectUrl: redirectUri,
    clientMetadata: {
      client_name: 'Demo walk',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    state: () => {
      state = crypto.randomUUID();
      return state;
    },
    clientInformation: () => client,
    saveClientInformation: (information) => {
      client = information;
    },
    tokens: () => tokens,
    saveTokens: (granted) => {
      tokens = granted;
    },
    discoveryState: () => discovery,
    saveDiscoveryState: (state) => {
      discovery = state;
    },
    redirectToAuthorization: (url) => {
      login = url;
    },
    saveCodeVerifier: (value) => {
      verifier = value;
    },
    codeVerifier: () => verifier,
    ...(dpop && { dpop: () => dpop }),
  };
  return {
    provider,
    loginUrl() {
      if (login === undefined) throw new Error('the client was never sent to log in');
      return login;
    },
    accessToken: () => tokens?.access_token ?? '',
    refreshToken: () => tokens?.refresh_token ?? '',
    clientId: () => client?.client_id ?? '',
    checkState(returned) {
      if (returned !== state) throw new Error('the redirect carries another state than was sent');
    },
  };
}

/**
 * A real MCP client: the official SDK (v2) with its own OAuth, driven by the walk in place of a
 * user. Discovery, registration, PKCE, step-up, the union of scopes and DPoP are all the SDK's doing.
 *
 * @param dpop the key that tokens are bound to (RFC 9449); `null` for bearer tokens.
 */
export function createDemoClient(
  url: string,
  fetch: TracedFetch,
  dpop: DpopSession | null,
): DemoClient {
  const session = createSession(dpop);
  const mcp = new Client({ name: 'mcp-doorman-demo', version: '1.0.0' });
  const { provider } = session;
  let transport = new StreamableHTTPClientTransport(new URL(url), {
    authProvider: provider,
    fetch,
  });

  async function attempt<Result>(
    work: (client: Client) => Promise<Result>,
  ): Promise<Result | null> {
    try {
      return await work(mcp);
    } catch (error) {
      if (error instanceof UnauthorizedError) return null;
      throw error;
    }
  }

  return {
    mcp,
    attempt,
    async connect() {
      transport = new StreamableHTTPClientTransport(new URL(url), {
        authProvider: provider,
        fetch,
      });
      const connected = await attempt(async () => {
        await mcp.connect(transport);
        return true;
      });
      return connected ?? false;
    },
    loginUrl: session.loginUrl,
    async finishLogin(callback) {
      session.checkState(callback.searchParams.get('state'));
      await transport.finishAuth(callback.searchParams);
    },
    accessToken: session.accessToken,
    refreshToken: session.refreshToken,
    clientId: session.clientId,
    close: () => mcp.close(),
  };
}
