/** Headers of a client that reach the upstream, besides those of MCP itself. */
export const forwardedHeaders: ReadonlySet<string> = new Set([
  'accept',
  'user-agent',
  'last-event-id',
  'traceparent',
  'tracestate',
  'baggage',
  'x-request-id',
  'x-cloud-trace-context',
]);

/** Of the headers that mirror arguments, whose names tools choose, none may be lost. */
const mcpHeader = /^mcp-(?:[a-z0-9-]{1,120}|param-[\w!#$%&'*+.^`|~-]+)$/;

/** Whether a header is one of MCP's own, present or future. @param name in lower case. */
export function isMcpHeader(name: string): boolean {
  return mcpHeader.test(name);
}
