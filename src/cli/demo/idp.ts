import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { ClientMetadata, Configuration } from 'oidc-provider';
import { closeServer, listenOnLoopback } from './listen.ts';
import { loginPolicy, serveLogin } from './login.ts';
import {
  interactionPolicy,
  oidcErrors,
  Provider,
  withoutKnownWarnings,
} from './quiet-oidc-provider.ts';
import { admitClient, openRegistrationToBrowsers } from './registration.ts';

export interface IdpOptions {
  /** Port on 127.0.0.1; a free one unless given. */
  readonly port?: number;
  /** The one RFC 8707 resource indicator that tokens are issued for: their `aud`. */
  readonly resource: string;
  /** Scopes that clients may ask for; one that asks for none is offered all of them. */
  readonly scopes: readonly string[];
  /** Grants every request to this user at once, without a page: for clients without a browser. */
  readonly autoLogin?: string;
  /** Life of an access token in seconds; 600 unless given. */
  readonly accessTokenTtlSeconds?: number;
  /** JWTs that say what they are good for, or random strings that only the IdP knows; `jwt` unless given. */
  readonly accessTokenFormat?: TokenFormat;
  /** A resource server that may ask about tokens (RFC 7662); nobody may unless given. */
  readonly introspector?: Introspector;
}

export type TokenFormat = 'jwt' | 'opaque';

/** A confidential client without any grant: good for introspection only. */
export interface Introspector {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface Idp {
  /** Issuer, byte for byte as in metadata and tokens. */
  readonly issuer: string;
  /** The private signing key with its `kid` and `alg`: tests mint expired or misdirected tokens. */
  readonly signingKey: JWK;
  /** Stops listening and drops open connections. */
  close(): Promise<void>;
}

const oneHour = 3600;
const oneDay = 24 * oneHour;

async function freshSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: `demo-${crypto.randomUUID()}`, alg: 'RS256', use: 'sig' };
}

function resourceServerClient({ clientId, clientSecret }: Introspector): ClientMetadata {
  return {
    client_id: clientId,
    client_secret: clientSecret,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: [],
    redirect_uris: [],
    response_types: [],
  };
}

function configuration(options: IdpOptions, signingKey: JWK, port: number): Configuration {
  const { resource, scopes, accessTokenTtlSeconds = 600, introspector } = options;
  const { accessTokenFormat = 'jwt' } = options;
  return {
    jwks: { keys: [signingKey as NonNullable<Configuration['jwks']>['keys'][number]] },
    scopes: ['openid', 'offline_access', ...scopes],
    pkce: { required: () => true },
    responseTypes: ['code'],
    clientDefaults: {
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    },
    clients: introspector ? [resourceServerClient(introspector)] : [],
    clientBasedCORS: () => true,
    // oidc-provider calls the validator once for each property named here, sent or not; it is the
    // only seam where a registration can be judged and changed before it is stored.
    extraClientMetadata: { properties: ['mcp_client'], validator: admitClient },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      introspection: {
        enabled: introspector !== undefined,
        allowedPolicy: (_ctx, { clientId }) => clientId === introspector?.clientId,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, indicator) => {
          if (indicator !== resource) throw new oidcErrors.InvalidTarget();
          return {
            audience: resource,
            scope: scopes.join(' '),
            accessTokenFormat,
            ...(accessTokenFormat === 'jwt' && { jwt: { sign: { alg: 'RS256' } } }),
          };
        },
      },
    },
    interactions: {
      policy: loginPolicy(interactionPolicy, options),
      url: (_ctx, interaction) => `/login/${interaction.uid}`,
    },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    ttl: {
      AccessToken: accessTokenTtlSeconds,
      AuthorizationCode: 60,
      IdToken: oneHour,
      Interaction: oneHour,
      RefreshToken: oneDay,
      Session: oneDay,
      Grant: oneDay,
    },
    // Browsers share cookies between the ports of one host: two demos must not meet there.
    cookies: {
      names: {
        session: `demo_session_${port}`,
        interaction: `demo_login_${port}`,
        resume: `demo_resume_${port}`,
      },
    },
    renderError: (ctx, { error, error_description: description }) => {
      ctx.type = 'text/plain';
      ctx.body = `${error}: ${description ?? ''}\n`;
    },
  };
}

/**
 * Starts an identity provider on loopback: oidc-provider with open dynamic registration for
 * clients on this machine (RFC 7591), authorization code with PKCE S256, access tokens for one
 * resource (RFC 8707), JWT (RFC 9068) or opaque, bound to the client's key where it proves one
 * (RFC 9449), rotating refresh tokens and a signing key made for this run.
 * Users are not authenticated: whoever types a name is that user.
 *
 * The issuer says `localhost`: every MCP client exempts that name from "https only".
 *
 * @throws Error when the port is taken (`EADDRINUSE`).
 */
export async function startIdp(options: IdpOptions): Promise<Idp> {
  const signingKey = await freshSigningKey();
  const server = createServer();
  const port = await listenOnLoopback(server, options.port ?? 0);
  const issuer = `http://localhost:${port}`;
  const provider = withoutKnownWarnings(
    () => new Provider(issuer, configuration(options, signingKey, port)),
  );
  openRegistrationToBrowsers(provider);
  serveLogin(provider, options);
  const answer = provider.callback();
  const names = [`localhost:${port}`, `127.0.0.1:${port}`];
  server.on('request', (request, response) => {
    // A page of another name that resolves to this machine must not log anybody in.
    if (names.includes(request.headers.host ?? '')) answer(request, response);
    else response.writeHead(421).end();
  });
  return { issuer, signingKey, close: () => closeServer(server) };
}
