import type { CallToolResult } from '@modelcontextprotocol/client';
import type { Exchange } from './trace.ts';

/**
 * The first exchange whose path contains `path` and whose MCP operation begins with `operation`.
 *
 * @throws Error when there is none.
 */
export function findExchange(
  exchanges: readonly Exchange[],
  path: string,
  operation = '',
): Exchange {
  const found = exchanges.find(
    (exchange) => exchange.url.pathname.includes(path) && exchange.operation.startsWith(operation),
  );
  if (!found) throw new Error(`no request to ${path} was seen`);
  return found;
}

/** A quoted parameter of the exchange's challenge; `null` where it is absent. */
export function challengeParameter({ challenge }: Exchange, name: string): string | null {
  return new RegExp(`[ ,]${name}="([^"]*)"`).exec(challenge ?? '')?.[1] ?? null;
}

/** Scopes of a space-separated text, in alphabetical order; none for anything else. */
export function sortedScopes(text: unknown): readonly string[] {
  return typeof text === 'string' ? text.split(' ').sort() : [];
}

/** The text of a tool's result. */
export function resultText({ content }: CallToolResult): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
