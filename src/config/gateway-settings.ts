import {
  type Explanation,
  type Fields,
  list,
  oneOf,
  port,
  secondsOrNone,
  text,
  trueOrFalse,
} from './setting-fields.ts';

/** What can be set about the process, whatever it serves. */
export interface GatewaySettings {
  readonly enabled?: 'true' | 'false' | undefined;
  readonly clientCertificateHeader?: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly streamLeeway: number;
  readonly store?: string | undefined;
  readonly storeFile?: string | undefined;
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
  streamLeeway: secondsOrNone.default(30).meta({
    placeholder: 'seconds',
    help: 'How long an open event stream may outlive its token.',
    example: '30',
  } satisfies Explanation),
  store: text.optional().meta({
    placeholder: 'url',
    help: 'Redis (6 or newer) that replicas share, redis:// or rediss://. Without one each process keeps its own memory.',
    example: 'rediss://doorman:password@redis.internal:6379/0',
    secret: true,
  } satisfies Explanation),
  storeFile: text.optional().meta({
    placeholder: 'path',
    help: 'File that holds the URL of the Redis that replicas share, instead of MCP_OAUTH_STORE.',
    example: '/run/secrets/mcp-doorman-store',
  } satisfies Explanation),
  insecureHttp: trueOrFalse.default(false).meta({
    placeholder: 'true|false',
    help: 'true accepts http:// off loopback for the resource, the issuer and its endpoints: whoever is on that network can read tokens and forge keys.',
    example: 'false',
  } satisfies Explanation),
  configFile: text.optional().meta({
    placeholder: 'path',
    help: 'All settings in YAML or JSON, and what only fits there: several issuers or MCP servers, and the policy in place.',
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
