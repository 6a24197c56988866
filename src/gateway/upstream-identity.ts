import type { Ports } from '../core/ports.ts';
import type { Principal } from '../core/types.ts';
import type { UpstreamIdentity } from '../core/upstream-identity.ts';
import { type AssertionSigner, createAssertionSigner } from '../token/assertion.ts';
import { identityHeaders } from './identity-headers.ts';

export interface UpstreamIdentityOptions {
  readonly identity: UpstreamIdentity;
  /** Public URL of the MCP endpoint. */
  readonly resource: string;
  readonly ports: Pick<Ports, 'clock' | 'log'>;
}

/** What stands in every request to the MCP server about us and about the caller. */
export interface IdentityTeller {
  /** @throws DoormanError `operation_denied` for a caller who cannot be told in full */
  headersFor(principal: Principal): Promise<Readonly<Record<string, string>>>;
  /** Secret. */
  readonly credentials: UpstreamIdentity['credentials'];
  /** What verifies the assertions; `null` where none are made. */
  readonly publicKey: AssertionSigner['publicKey'] | null;
}

/** Joins the credential, the identity headers and the assertion of one MCP server. */
export function createIdentityTeller(options: UpstreamIdentityOptions): IdentityTeller {
  const { resource, ports } = options;
  const { credentials, headers, assertion } = options.identity;
  const signer = assertion && createAssertionSigner({ ...assertion, resource, clock: ports.clock });
  if (assertion?.key === null) {
    const hint = 'set MCP_OAUTH_ASSERTION_KEY_FILE where there is more than one replica';
    ports.log.warn('assertion_key_made', { resource, hint });
  }

  async function asserted(principal: Principal): Promise<Record<string, string>> {
    if (assertion === null || signer === null) return {};
    const jwt = await signer.sign(principal);
    return { [assertion.header]: assertion.header === 'authorization' ? `Bearer ${jwt}` : jwt };
  }

  return {
    headersFor: async (principal) => ({
      ...identityHeaders(principal, headers),
      ...(await asserted(principal)),
      ...credentials,
    }),
    credentials,
    publicKey: signer?.publicKey ?? null,
  };
}
