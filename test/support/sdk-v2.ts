import {
  Client,
  DpopSession,
  type OAuthDiscoveryState,
  SSEClientTransport,
  type StandardSchemaV1,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { createOAuthSession } from './oauth-session.ts';
import type { SdkClient, SdkClientOptions } from './sdk-client.ts';

/** Results as they came: the SDK's own schemas would strip what they do not know. */
const anyResult: StandardSchemaV1<unknown, Record<string, unknown>> = {
  '~standard': {
    version: 1,
    vendor: 'end-to-end',
    validate: (value: unknown) => ({ value: value as Record<string, unknown> }),
  },
};

/** `@modelcontextprotocol/client`: 2025-11-25, or 2026-07-28 where it is pinned to that. */
export function sdkV2(options: SdkClientOptions): SdkClient {
  const { url, fetch, authorization, refresh = false, dpop = false, sse = false, pin } = options;
  const session = createOAuthSession<
    StoredOAuthClientInformation,
    StoredOAuthTokens,
    OAuthDiscoveryState
  >(refresh);
  const dpopSession = dpop ? DpopSession.create() : undefined;
  const authProvider = {
    ...session.provider,
    ...(dpopSession && { dpop: () => dpopSession }),
  };
  const client = new Client(
    { name: 'end-to-end', version: '1' },
    { versionNegotiation: { mode: pin === undefined ? 'legacy' : { pin } } },
  );
  const notifications: { method: string }[] = [];
  client.fallbackNotificationHandler = async (notification) =>
    void notifications.push(notification);
  const newTransport = () => {
    const options = {
      fetch,
      ...(authorization === undefined
        ? { authProvider }
        : { requestInit: { headers: authorization === '' ? {} : { authorization } } }),
    };
    return sse
      ? new SSEClientTransport(new URL(url), options)
      : new StreamableHTTPClientTransport(new URL(url), options);
  };
  let transport = newTransport();

  async function loggingIn<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UnauthorizedError) || authorization !== undefined) throw error;
      await transport.finishAuth(await session.logIn());
      return work();
    }
  }

  return {
    connect: () =>
      loggingIn(async () => {
        transport = newTransport();
        await client.connect(transport);
      }),
    request: (method, params = {}, options = {}) =>
      loggingIn(() => client.request({ method, params }, anyResult, options)),
    notifications,
    logins: session.logins,
    tokens: session.provider.tokens,
    sessionId: () => ('sessionId' in transport ? transport.sessionId : undefined),
    terminateSession: async () => {
      if ('terminateSession' in transport) await transport.terminateSession();
    },
    close: () => client.close(),
  };
}
