import { DoormanError } from '../core/errors.ts';
import type { ToolHints } from '../core/types.ts';
import type { DescribeTools, ToolCall } from '../guard/tool-hints.ts';
import { readPage } from '../mcp/list-reader.ts';
import { type Message, readMessage } from '../mcp/message.ts';
import { isModern } from '../mcp/revision.ts';
import { upstreamRequestHeaders } from './forward-headers.ts';
import { createInnerAnswer } from './inner-answer.ts';
import { pageTimeoutMs, readToolPages, type ToolsPage, unusable } from './tool-pages.ts';
import type { Upstream } from './upstream.ts';
import type { IdentityTeller } from './upstream-identity.ts';

const encoder = new TextEncoder();

/** What MCP 2026-07-28 wants with every request, and a caller has said of itself. */
const selfDescription = [
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/clientCapabilities',
];

export interface DescribeToolsOptions {
  readonly upstream: Upstream;
  readonly identity: IdentityTeller;
  readonly resource: string;
}

function listRequest({ message, revision }: ToolCall, cursor: string | null): Message {
  const { params } = JSON.parse(message.canonical) as { params?: { _meta?: object } };
  const told = Object.entries(params?._meta ?? {}).filter(([key]) => selfDescription.includes(key));
  const text = JSON.stringify({
    jsonrpc: '2.0',
    // Of no use to a caller who would like to have two requests with one id.
    id: `mcp-doorman-${crypto.randomUUID()}`,
    method: 'tools/list',
    params: {
      ...(isModern(revision) && { _meta: Object.fromEntries(told) }),
      ...(cursor !== null && { cursor }),
    },
  });
  return readMessage(encoder.encode(text));
}

function listHeaders({ request, revision, session, transport }: ToolCall, resource: string) {
  const { 'mcp-name': _name, ...headers } = upstreamRequestHeaders({
    headers: Object.fromEntries(request.headers),
    clientAddress: transport.clientAddress ?? '',
    requestId: transport.requestId ?? '',
    resource,
    hasBody: true,
    resumes: false,
    session,
  });
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith('mcp-param-'));
  return {
    ...Object.fromEntries(kept),
    accept: 'application/json, text/event-stream',
    ...(isModern(revision) && { 'mcp-method': 'tools/list' }),
  };
}

/** The page in a message; `null` for a message that does not answer the request. */
function pageOf(text: string, id: string | null): ToolsPage<ToolHints> | null {
  const page = readPage(text);
  if (page === null) throw unusable('an answer cannot be read');
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || !('id' in parsed)) return null;
  if (JSON.stringify(parsed.id) !== id) return null;
  const { result } = parsed as { result?: { tools?: unknown; nextCursor?: unknown } };
  if (!Array.isArray(result?.tools)) throw unusable('there is no list of tools');
  const listed = page.lists.flatMap(({ items }) => items ?? []);
  const nextCursor = typeof result.nextCursor === 'string' ? result.nextCursor : null;
  return {
    tools: listed.flatMap(({ listed: tool }) => (tool?.hints ? [[tool.name, tool.hints]] : [])),
    nextCursor,
  };
}

/**
 * Makes the way to ask an upstream for its tools, in the caller's own session and with what of the
 * caller's headers may reach it. All pages are read, at most 50, each within 30 seconds.
 */
export function createDescribeTools(options: DescribeToolsOptions): DescribeTools {
  const { upstream, identity, resource } = options;
  const forward = upstream.ask ?? upstream.forward;

  async function readOne(call: ToolCall, cursor: string | null): Promise<ToolsPage<ToolHints>> {
    const message = listRequest(call, cursor);
    let page: ToolsPage<ToolHints> | null = null;
    const answer = createInnerAnswer((text) => {
      page = pageOf(text, message.id);
      if (page !== null) answer.stop(new Error('the page has been read'));
    });
    const timer = setTimeout(
      () => answer.stop(new DoormanError('upstream_timeout')),
      pageTimeoutMs,
    );
    try {
      const { principal, revision, session } = call;
      const { operation } = message;
      const admitted = { principal, operation, message, revision, scheme: null, session };
      const told = await identity.headersFor(principal);
      const headers = { ...listHeaders(call, resource), ...told };
      const { canonical: body } = message;
      await forward({ method: 'POST', headers, body, sseSession: null, admitted }, answer);
    } finally {
      clearTimeout(timer);
    }
    if (page === null) throw unusable('the request has not been answered');
    return page;
  }

  return (call) => readToolPages((cursor) => readOne(call, cursor));
}
