import {
  type OAuthDiscoveryState,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { ResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { createOAuthSession } from './oauth-session.ts';
import type { SdkClient, SdkClientOptions } from './sdk-client.ts';

/** `@modelcontextprotocol/sdk`: revisions up to 2025-11-25. */
export function sdkV1(options: SdkClientOptions): SdkClient {
  const { url, fetch, authorization, refresh = false, sse = false } = options;
  const session = createOAuthSession<OAuthClientInformationMixed, OAuthTokens, OAuthDiscoveryState>(
    refresh,
  );
  const client = new Client({ name: 'end-to-end', version: '1' });
  const notifications: { method: string }[] = [];
  client.fallbackNotificationHandler = async (notification) =>
    void notifications.push(notification);
  const newTransport = () => {
    const options = {
      fetch,
      ...(authorization === undefined
        ? { authProvider: session.provider }
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
      await transport.finishAuth((await session.logIn()).get('code') ?? '');
      return work();
    }
  }

  return {
    connect: () =>
      loggingIn(async () => {
        // What failed to start is connected all the same.
        await client.close();
        transport = newTransport();
        // The SDK's own class does not fit its own interface under exactOptionalPropertyTypes.
        await client.connect(transport as Parameters<Client['connect']>[0]);
      }),
    request: (method, params = {}, options = {}) =>
      loggingIn(() => client.request({ method, params }, ResultSchema, options)),
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
