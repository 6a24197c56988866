import type { Credential } from './credential.ts';
import { findExchange } from './evidence.ts';
import { type Exchange, recordExchanges } from './trace.ts';
import { mcpPath, type WalkEnvironment } from './walk-environment.ts';

/** Calls one tool without arguments by hand, as no SDK would, with whatever credential is given. */
export async function probeTool(
  { gatewayUrl, fetch }: Pick<WalkEnvironment, 'gatewayUrl' | 'fetch'>,
  name: string,
  credential: Credential,
): Promise<Exchange> {
  const probe = recordExchanges(fetch);
  const params = { name, arguments: {} };
  await probe.fetch(gatewayUrl, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...credential,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  });
  return findExchange(probe.take(), mcpPath, 'tools/call');
}
