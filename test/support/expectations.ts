import { expect } from 'vitest';
import { firstScope } from './gateway-rig.ts';

/** What a refusal's `WWW-Authenticate` says, apart from the resource. */
export interface ExpectedChallenge {
  readonly error?: string;
  /** What a first login is asked for unless given. */
  readonly scope?: string;
  readonly description?: string;
}

/** The whole `WWW-Authenticate` value of a refusal at `/mcp`, written out once for all tests. */
export function challenge(resource: string, expected: ExpectedChallenge = {}): string {
  const { error, scope = firstScope, description } = expected;
  const { origin } = new URL(resource);
  return [
    `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`,
    ...(error === undefined ? [] : [`error="${error}"`]),
    `scope="${scope}"`,
    ...(description === undefined ? [] : [`error_description="${description}"`]),
  ].join(', ');
}

/** The whole JSON body of a refusal. */
export function rpcError(id: number | string | null, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
}

/** Fails where any part of a token, even its claims alone, stands in a text. */
export function expectNoToken(text: string, token: string): void {
  for (const part of token.split(/[. ]/).filter((part) => part !== '' && part !== 'Bearer')) {
    expect(text).not.toContain(part);
  }
}
