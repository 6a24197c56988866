import {
  Client as ClientV2,
  type OAuthDiscoveryState as DiscoveryV2,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport as TransportV2,
  UnauthorizedError as UnauthorizedV2,
} from '@modelcontextprotocol/client';
import {
  type OAuthDiscoveryState as DiscoveryV1,
  UnauthorizedError as UnauthorizedV1,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { type Browser, createBrowser } from './browser.ts';
import { createSession, type KnownClient } from './session.ts';

/** A real MCP client with a user of Keycloak before it; the same for both SDKs. */
export interface McpClient {
  readonly browser: Browser;
  /** Connects, and calls a tool; logs its user in whenever the SDK asks for that. */
  call(tool: string, args?: Record<string, unknown>): Promise<string>;
  readonly logins: readonly URL[];
  /** Tokens as Keycloak granted them, oldest first. */
  readonly grants: readonly {
    readonly access_token: string;
    readonly scope?: string | undefined;
  }[];
  close(): Promise<void>;
}

export interface McpClientOptions {
  readonly url: string;
  readonly username: string;
  /** Of a client that Keycloak knows; without it the SDK registers one. */
  readonly known?: KnownClient;
  /** Where its requests pass through. */
  readonly fetch?: (url: string | URL, init?: RequestInit) => Promise<Response>;
}

interface ToolResult {
  readonly content: unknown;
}

interface Sdk {
  connect(): Promise<void>;
  callTool(name: string, args: Record<string, unknown>): Promise<ToolResult>;
  /** Finishes a login where the error asks for one; throws the error itself otherwise. */
  recover(error: unknown): Promise<void>;
}

function textOf({ content }: ToolResult): string {
  const [first] = content as { text?: string }[];
  return first?.text ?? JSON.stringify(content);
}

/** Each call logs in at most as often as it has steps: one to connect, one to call. */
function withLogins({ connect, callTool, recover }: Sdk): McpClient['call'] {
  let connected = false;
  async function loggingIn<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      await recover(error);
      return work();
    }
  }
  return async (tool, args = {}) => {
    if (!connected) await loggingIn(connect);
    connected = true;
    return textOf(await loggingIn(() => callTool(tool, args)));
  };
}

/** `@modelcontextprotocol/sdk`. */
function clientV1(options: McpClientOptions): McpClient {
  const browser = createBrowser(options.username);
  const session = createSession<OAuthClientInformationMixed, OAuthTokens, DiscoveryV1>(
    browser,
    options.known,
  );
  const client = new ClientV1({ name: 'keycloak-test', version: '1' });
  const newTransport = (): TransportV1 =>
    new TransportV1(new URL(options.url), {
      authProvider: session.provider,
      ...(options.fetch && { fetch: options.fetch }),
    });
  let transport = newTransport();
  return {
    browser,
    logins: session.logins,
    grants: session.grants,
    call: withLogins({
      async connect() {
        transport = newTransport();
        // The SDK's own class does not fit its own interface under exactOptionalPropertyTypes.
        await client.connect(transport as Parameters<ClientV1['connect']>[0]);
      },
      callTool: async (name, args) =>
        (await client.callTool({ name, arguments: args })) as ToolResult,
      async recover(error) {
        if (!(error instanceof UnauthorizedV1)) throw error;
        await transport.finishAuth((await session.logIn()).get('code') ?? '');
      },
    }),
    close: () => client.close(),
  };
}

/** `@modelcontextprotocol/client`. */
function clientV2(options: McpClientOptions): McpClient {
  const browser = createBrowser(options.username);
  const session = createSession<StoredOAuthClientInformation, StoredOAuthTokens, DiscoveryV2>(
    browser,
    options.known,
  );
  const client = new ClientV2({ name: 'keycloak-test', version: '1' });
  const newTransport = (): TransportV2 =>
    new TransportV2(new URL(options.url), {
      authProvider: session.provider,
      ...(options.fetch && { fetch: options.fetch }),
    });
  let transport = newTransport();
  return {
    browser,
    logins: session.logins,
    grants: session.grants,
    call: withLogins({
      async connect() {
        transport = newTransport();
        await client.connect(transport);
      },
      callTool: (name, args) => client.callTool({ name, arguments: args }),
      async recover(error) {
        if (!(error instanceof UnauthorizedV2)) throw error;
        await transport.finishAuth(await session.logIn());
      },
    }),
    close: () => client.close(),
  };
}

export const sdks = [
  ['SDK v1', clientV1],
  ['SDK v2', clientV2],
] as const;
