/** A real MCP client, and a user who logs in whenever it asks; the same for both SDKs. */
export interface SdkClient {
  /** Connects; where the server wants it, logs in and connects again. */
  connect(): Promise<void>;
  /**
   * Sends one request, after a log-in where the server wants one.
   *
   * @returns the result as the SDK got it, nothing stripped.
   */
  request(
    method: string,
    params?: Record<string, unknown>,
    options?: RequestOptions,
  ): Promise<Record<string, unknown>>;
  /** Notifications received so far that no request asked for. */
  readonly notifications: readonly { readonly method: string }[];
  /** Authorization requests its user was sent to. */
  readonly logins: readonly URL[];
  /** The tokens held now, as the IdP answered them. */
  tokens(): { readonly access_token: string; readonly scope?: string | undefined } | undefined;
  /** Id of the server's session, where there is one. */
  sessionId(): string | undefined;
  /** Ends the server's session with a DELETE. */
  terminateSession(): Promise<void>;
  close(): Promise<void>;
}

export interface RequestOptions {
  readonly onprogress?: (progress: { readonly progress: number }) => void;
  readonly signal?: AbortSignal;
}

export interface SdkClientOptions {
  readonly url: string;
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /** A fixed `Authorization` value instead of OAuth; empty for none at all. */
  readonly authorization?: string;
  /** Whether to register for refresh tokens; not unless given. */
  readonly refresh?: boolean;
  /** SDK v2 only: keeps a key of its own, and asks for tokens bound to it by DPoP. */
  readonly dpop?: boolean;
  /** Whether to speak the HTTP+SSE of 2024-11-05; Streamable HTTP unless given. */
  readonly sse?: boolean;
  /** SDK v2 only: the one revision to speak; 2025-11-25 unless given. */
  readonly pin?: '2026-07-28';
}

export type CreateSdkClient = (options: SdkClientOptions) => SdkClient;

/** Names of the tools that a client is shown, all pages. */
export async function toolNames(client: SdkClient): Promise<readonly string[]> {
  const { tools } = (await client.request('tools/list')) as { tools: { name: string }[] };
  return tools.map(({ name }) => name);
}

export function callTool(
  client: SdkClient,
  name: string,
  args: Record<string, unknown> = {},
  options?: RequestOptions,
): Promise<Record<string, unknown>> {
  return client.request('tools/call', { name, arguments: args }, options);
}
