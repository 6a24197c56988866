const redirectUri = 'http://127.0.0.1:33418/callback';

/** What both SDKs ask of the application around them, kept in memory, and the user's browser. */
export interface OAuthSession<Client, Tokens, Discovery> {
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
  /** Authorization requests that the SDK sent its user away with, oldest first. */
  readonly logins: readonly URL[];
  /**
   * Opens the newest authorization request like a browser and returns the parameters that come
   * back to the client; the IdP must need no page for it.
   */
  logIn(): Promise<URLSearchParams>;
}

/** @param refresh whether the client registers for refresh tokens. */
export function createOAuthSession<Client, Tokens, Discovery>(
  refresh: boolean,
): OAuthSession<Client, Tokens, Discovery> {
  let client: Client | undefined;
  let tokens: Tokens | undefined;
  let discovery: Discovery | undefined;
  let verifier = '';
  let state = '';
  const logins: URL[] = [];
  return {
    logins,
    provider: {
      redirectUrl: redirectUri,
      clientMetadata: {
        client_name: 'End-to-end test',
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', ...(refresh ? ['refresh_token'] : [])],
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
      tokens: () => tokens,
      saveTokens(granted) {
        tokens = granted;
      },
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
      if (!login) throw new Error('the client was never sent to log in');
      const response = await fetch(login, { redirect: 'manual' });
      const callback = new URL(response.headers.get('location') ?? '', login);
      const { searchParams } = callback;
      if (!callback.href.startsWith(redirectUri) || searchParams.get('state') !== state) {
        throw new Error(`the login led to ${callback.href}`);
      }
      return searchParams;
    },
  };
}
