import type { Browser } from './browser.ts';

const redirectUri = 'http://127.0.0.1:33418/callback';

/** A client that Keycloak knows beforehand. */
export interface KnownClient {
  /** Where it is known: SDK v2 keeps clients of different issuers apart. */
  readonly issuer: string;
  readonly client_id: string;
  readonly client_secret?: string;
}

/** What an MCP client keeps between its logins, as both SDKs want it, and the user's browser. */
export interface Session<Client extends object, Tokens, Discovery> {
  readonly provider: {
    readonly redirectUrl: string;
    readonly clientMetadata: {
      client_name: string;
      redirect_uris: string[];
      grant_types: string[];
      response_types: string[];
      token_endpoint_auth_method: string;
    };
    state(): string;
    clientInformation(): Client | undefined;
    saveClientInformation(client: Client): void;
    tokens(): Tokens | undefined;
    saveTokens(tokens: Tokens): void;
    discoveryState(): Discovery | undefined;
    saveDiscoveryState(discovery: Discovery): void;
    redirectToAuthorization(url: URL): void;
    saveCodeVerifier(verifier: string): void;
    codeVerifier(): string;
  };
  /** Authorization requests that the user was sent to, oldest first. */
  readonly logins: readonly URL[];
  /** How often an SDK stored tokens: logins and refreshes. */
  readonly grants: readonly Tokens[];
  /** Lets the user answer the newest authorization request; what comes back to the client. */
  logIn(): Promise<URLSearchParams>;
}

/** @param known the client to be; without one the SDK registers itself. */
export function createSession<Client extends object, Tokens, Discovery>(
  browser: Browser,
  known: Client | undefined,
): Session<Client, Tokens, Discovery> {
  let client = known;
  let discovery: Discovery | undefined;
  let verifier = '';
  let state = '';
  const logins: URL[] = [];
  const grants: Tokens[] = [];
  return {
    logins,
    grants,
    provider: {
      redirectUrl: redirectUri,
      clientMetadata: {
        client_name: 'Keycloak test',
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      state() {
        state = crypto.randomUUID();
        return state;
      },
      clientInformation: () => client,
      saveClientInformation(information) {
        client = information;
      },
      tokens: () => grants.at(-1),
      saveTokens: (granted) => void grants.push(granted),
      discoveryState: () => discovery,
      saveDiscoveryState(found) {
        discovery = found;
      },
      redirectToAuthorization: (url) => void logins.push(url),
      saveCodeVerifier(value) {
        verifier = value;
      },
      codeVerifier: () => verifier,
    },
    async logIn() {
      const login = logins.at(-1);
      if (!login) throw new Error('the client never sent its user to log in');
      const callback = await browser.open(login);
      const { searchParams } = callback;
      if (!callback.href.startsWith(redirectUri) || searchParams.get('state') !== state) {
        throw new Error(`the login led to ${callback.href}`);
      }
      return searchParams;
    },
  };
}
