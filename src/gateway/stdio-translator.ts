import {
  createMcpHandler,
  type McpRequestContext,
  ProtocolError,
  Server,
  type ServerCapabilities,
} from '@modelcontextprotocol/server';
import type { Link } from './stdio-link.ts';
import type { Members, WireError, WireMessage } from './stdio-message.ts';
import { type ModernHandler, withErrorStatus } from './stdio-native.ts';

/** What a server of an earlier revision says of itself when it is initialized. */
export interface ServerDescription {
  readonly serverInfo: { readonly name: string; readonly version: string };
  readonly capabilities: ServerCapabilities;
  readonly instructions?: string;
}

/** Resources that one child watches: as many as one subscription may name. */
const mostWatched = 1_000;

function subscribedUris({ method, params }: WireMessage): readonly string[] {
  if (method !== 'subscriptions/listen') return [];
  const { resourceSubscriptions = [] } = (params?.notifications ?? {}) as {
    readonly resourceSubscriptions?: readonly string[];
  };
  return resourceSubscriptions;
}

/**
 * Serves clients of MCP 2026-07-28 by a child of an earlier revision. Requests go on without what
 * only the new revision knows; results come back whole, with what it asks for added. What a child
 * would ask its client for (sampling, elicitation, roots) and its log messages have no way back.
 */
export function translatingHandler(link: Link, description: ServerDescription): ModernHandler {
  const { serverInfo, capabilities, instructions } = description;
  const errors = new WeakMap<Request, WireError>();
  const subscribed = new Set<string>();

  /** The SDK's handlers by method would check results, and drop what their schemas do not know. */
  function createServer({ requestInfo }: McpRequestContext): Server {
    const server = new Server(serverInfo, {
      capabilities,
      ...(instructions !== undefined && { instructions }),
    });
    server.fallbackRequestHandler = async ({ method, params }, { mcpReq }) => {
      const answer = await link.request({
        ...{ method, params: params as Members | undefined, signal: mcpReq.signal },
        onNotification: (notification) => {
          const { method: name = '', params: about } = notification;
          const told = { method: name, params: about } as Parameters<typeof mcpReq.notify>[0];
          // Whoever has gone away meanwhile hears no more of it.
          mcpReq.notify(told).catch(() => {});
        },
      });
      if (answer.error === undefined) return answer.result;
      if (requestInfo !== undefined) errors.set(requestInfo, answer.error);
      const { code, message, data } = answer.error;
      throw new ProtocolError(code, message, data);
    };
    return server;
  }

  const handler = createMcpHandler(createServer, { legacy: 'reject' });
  link.onNotification(({ method, params }) => {
    if (method === 'notifications/tools/list_changed') handler.notify.toolsChanged();
    if (method === 'notifications/prompts/list_changed') handler.notify.promptsChanged();
    if (method === 'notifications/resources/list_changed') handler.notify.resourcesChanged();
    if (method === 'notifications/resources/updated' && typeof params?.uri === 'string')
      handler.notify.resourceUpdated(params.uri);
  });

  async function subscribe(uri: string): Promise<void> {
    if (!capabilities.resources?.subscribe || subscribed.has(uri)) return;
    subscribed.add(uri);
    const [oldest] = subscribed;
    if (subscribed.size > mostWatched && oldest !== undefined) {
      // Nobody says when the last has left who asked for it, and memory must not grow with each.
      subscribed.delete(oldest);
      link.request({ method: 'resources/unsubscribe', params: { uri: oldest } }).catch(() => {});
    }
    await link.request({ method: 'resources/subscribe', params: { uri } });
  }

  return async (message, request) => {
    await Promise.all(subscribedUris(message).map(subscribe));
    const response = await handler.fetch(request, { parsedBody: message });
    const error = errors.get(request);
    return error === undefined ? response : withErrorStatus(response, error);
  };
}
