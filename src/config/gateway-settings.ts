import {
  type Explanation,
  type Fields,
  list,
  oneOf,
  port,
  seconds,
  text,
  trueOrFalse,
} from './setting-fields.ts';

/** What can be set about everything but the issuers. */
export interface GatewaySettings {
  readonly enabled?: 'true' | 'false' | undefined;
  readonly resource?: string | undefined;
  readonly upstream?: string | undefined;
  readonly upstreamTimeout: number;
  readonly requiredScopes: readonly string[];
  readonly toolScopes?: string | undefined;
  readonly policyFile?: string | undefined;
  readonly challengeScopes: 'auto' | 'required' | 'all';
  readonly staticTokensFile?: string | undefined;
  readonly dpop: 'off' | 'optional' | 'required';
  readonly dpopNonce: boolean;
  readonly clientCertificateHeader?: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly insecureHttp: boolean;
  readonly configFile?: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly host: string;
  readonly port: number;
}

export const gatewayFields: Fields<GatewaySettings> = {
  enabled: oneOf(['true', 'false'])
    .optional()
    .meta({
      placeholder: 'true|false',
      help: 'true insists on protection; false needs --insecure-no-auth and a loopback address.',
      example: 'true',
    } satisfies Explanation),
  resource: text.optional().meta({
    placeholder: 'url',
    help: 'Public URL of the MCP endpoint; its path is the path served. Default on loopback: http://localhost:<port>/mcp.',
    example: 'https://mcp.example.com/mcp',
  } satisfies Explanation),
  upstream: text.optional().meta({
    placeholder: 'url',
    help: 'URL of the MCP server to protect.',
    example: 'http://127.0.0.1:9000/mcp',
  } satisfies Explanation),
  upstreamTimeout: seconds.default(120).meta({
    placeholder: 'seconds',
    help: 'Longest wait for the MCP server to begin its answer. Open streams are never cut.',
    example: '120',
  } satisfies Explanation),
  requiredScopes: list.default([]).meta({
    placeholder: 'scopes',
    help: 'Scopes that every operation needs.',
    example: 'mcp:access',
    list: true,
  } satisfies Explanation),
  toolScopes: text.optional().meta({
    placeholder: 'rules',
    help: 'Scopes by tool, first match wins: "pattern=scope scope; pattern=scope".',
    example: 'list_*=mcp:tools:read;*=mcp:admin',
  } satisfies Explanation),
  policyFile: text.optional().meta({
    placeholder: 'path',
    help: 'Policy document in YAML or JSON; instead of the tool scopes.',
    example: '/etc/mcp-doorman/policy.yaml',
  } satisfies Explanation),
  challengeScopes: oneOf(['auto', 'required', 'all'])
    .default('auto')
    .meta({
      placeholder: 'mode',
      help: 'What a first login is asked for: auto (all scopes but those marked stepUp), required, or all.',
      example: 'auto',
    } satisfies Explanation),
  staticTokensFile: text.optional().meta({
    placeholder: 'path',
    help: 'Long-lived tokens of your own beside or instead of OAuth, in YAML or JSON: names, hashes, scopes.',
    example: '/etc/mcp-doorman/tokens.yaml',
  } satisfies Explanation),
  dpop: oneOf(['off', 'optional', 'required'])
    .default('off')
    .meta({
      placeholder: 'mode',
      help: 'DPoP (RFC 9449): off (a bound token is refused), optional, or required.',
      example: 'optional',
    } satisfies Explanation),
  dpopNonce: trueOrFalse.default(false).meta({
    placeholder: 'true|false',
    help: 'Whether a DPoP proof must carry a nonce of ours.',
    example: 'true',
  } satisfies Explanation),
  clientCertificateHeader: text.optional().meta({
    placeholder: 'name',
    help: 'Header in which a trusted proxy passes the client certificate on, for tokens bound to one (RFC 8705).',
    example: 'Client-Cert',
  } satisfies Explanation),
  trustedProxies: list.default([]).meta({
    placeholder: 'addresses',
    help: 'Addresses and CIDR ranges of proxies whose forwarded headers count.',
    example: '10.0.0.0/8',
    list: true,
  } satisfies Explanation),
  allowedOrigins: list.default([]).meta({
    placeholder: 'origins',
    help: 'Browser origins that may call, compared exactly.',
    example: 'https://inspector.example.com',
    list: true,
  } satisfies Explanation),
  allowedHosts: list.default([]).meta({
    placeholder: 'hosts',
    help: 'Host names that requests may name, besides the resource and, on loopback, localhost.',
    example: 'mcp.internal',
    list: true,
  } satisfies Explanation),
  insecureHttp: trueOrFalse.default(false).meta({
    placeholder: 'true|false',
    help: 'true accepts http:// off loopback for the resource, the issuer and its endpoints: whoever is on that network can read tokens and forge keys.',
    example: 'false',
  } satisfies Explanation),
  configFile: text.optional().meta({
    placeholder: 'path',
    help: 'All settings in YAML or JSON, and what only fits there: several issuers, and the policy in place.',
    example: '/etc/mcp-doorman/config.yaml',
  } satisfies Explanation),
  logLevel: oneOf(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({
      placeholder: 'level',
      help: 'Least severe log level written.',
      example: 'info',
    } satisfies Explanation),
  host: text.default('127.0.0.1').meta({
    placeholder: 'address',
    help: 'Address to listen on.',
    example: '127.0.0.1',
  } satisfies Explanation),
  port: port.default(3000).meta({
    placeholder: 'port',
    help: 'Port to listen on; 0 takes a free one and needs a resource.',
    example: '3000',
  } satisfies Explanation),
};
