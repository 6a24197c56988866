import { DoormanError } from '../core/errors.ts';
import type { TrustedIssuer } from '../core/issuer.ts';
import type { Ports, Store } from '../core/ports.ts';
import { acceptedSchemes, type Scheme, type SenderConstraint } from '../core/sender-constraint.ts';
import type { StaticToken } from '../core/static-token.ts';
import type { Principal } from '../core/types.ts';
import { type Credential, readCredential } from '../http/credential.ts';
import { createBinding } from '../token/binding.ts';
import { createVerifier } from '../token/verifier.ts';

export interface AuthenticateOptions {
  readonly issuers: readonly TrustedIssuer[];
  readonly staticTokens: readonly StaticToken[];
  readonly senderConstraint: SenderConstraint;
  /** Admits everybody, without looking at tokens: for a developer's own machine only. */
  readonly insecureNoAuth: boolean;
  readonly ports: Ports;
  readonly store: Store;
}

/** Finds out who sends a request. */
export interface Authenticator {
  /** Schemes accepted and offered, in order. */
  readonly schemes: readonly Scheme[];
  /**
   * The access token of a request; `null` where nobody has to send one.
   *
   * @throws DoormanError `token_missing` or `authorization_malformed`
   */
  credential(request: Request): Credential | null;
  /**
   * Verifies a token and that its sender holds the key it is bound to.
   *
   * @param clientCertificate from a trusted hop; `null` for none.
   * @throws DoormanError
   */
  authenticate(
    credential: Credential | null,
    request: Request,
    clientCertificate: string | null,
  ): Promise<Principal>;
  /**
   * Has the issuer say right now that an authenticated token is still active.
   *
   * @throws DoormanError
   */
  confirm(credential: Credential | null): Promise<Principal>;
  /** Whether tokens can be verified now; tries to load what is missing. Never rejects. */
  ready(): Promise<boolean>;
}

const nobody: Principal = {
  issuer: '',
  subject: null,
  clientId: null,
  scopes: new Set(),
  expiresAt: Number.POSITIVE_INFINITY,
  claims: {},
};

const openToAll: Authenticator = {
  schemes: ['bearer'],
  credential: () => null,
  authenticate: async () => nobody,
  confirm: async () => nobody,
  ready: async () => true,
};

function required(credential: Credential | null): Credential {
  if (credential === null) throw new DoormanError('token_missing');
  return credential;
}

/** @throws TypeError for options that cannot be enforced, such as an issuer without audience. */
export function createAuthenticator(options: AuthenticateOptions): Authenticator {
  if (options.insecureNoAuth) return openToAll;
  const { senderConstraint, ports, store } = options;
  const verifier = createVerifier(options);
  const binding = createBinding(senderConstraint, { clock: ports.clock, store });
  const schemes = acceptedSchemes(senderConstraint);
  return {
    schemes,
    credential: (request) =>
      required(readCredential(request.headers.get('Authorization'), schemes)),

    async authenticate(credential, request, clientCertificate) {
      const { scheme, token } = required(credential);
      const principal = await verifier.verify(token);
      await binding.check(principal, { scheme, token, request, clientCertificate });
      return principal;
    },

    confirm: async (credential) => verifier.recheck(required(credential).token),
    ready: () => verifier.ready(),
  };
}
