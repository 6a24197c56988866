import { z } from 'zod';

const text = z.string().trim().min(1, 'is empty: give it a value or remove it');
const list = text
  .transform((value) => value.split(/[\s,]+/).filter((item) => item !== ''))
  .refine((items) => items.length > 0, 'names nothing: give it a value or remove it');
const port = text
  .refine((value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535, 'must be 0 to 65535')
  .transform(Number);
const seconds = text
  .refine((value) => /^\d{1,5}$/.test(value) && Number(value) > 0, 'must be 1 to 99999 seconds')
  .transform(Number);

/** The settings after parsing, before anything is checked against anything else. */
export interface Settings {
  readonly issuer?: string | undefined;
  readonly enabled?: 'true' | 'false' | undefined;
  readonly resource?: string | undefined;
  readonly audience?: readonly string[] | undefined;
  readonly upstream?: string | undefined;
  readonly upstreamTimeout: number;
  readonly requiredScopes: readonly string[];
  readonly toolScopes?: string | undefined;
  readonly policyFile?: string | undefined;
  readonly challengeScopes: 'auto' | 'required' | 'all';
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly host: string;
  readonly port: number;
}

/**
 * Every setting once: its type, default, placeholder and help. Environment names, flags, `--help`,
 * `.env.example` and `docs/configuration.md` derive from this object; a test fails on drift.
 * Values arrive as text, whatever the source.
 */
const schema = z.object({
  issuer: text.optional().meta({
    placeholder: 'url',
    help: 'Issuer of the access tokens, exactly as the identity provider writes it.',
    example: 'https://idp.example.com/realms/acme',
  }),
  enabled: z.enum(['true', 'false'], 'must be true or false').optional().meta({
    placeholder: 'true|false',
    help: 'true insists on protection; false needs --insecure-no-auth and a loopback address.',
    example: 'true',
  }),
  resource: text.optional().meta({
    placeholder: 'url',
    help: 'Public URL of the MCP endpoint; its path is the path served. Default on loopback: http://localhost:<port>/mcp.',
    example: 'https://mcp.example.com/mcp',
  }),
  audience: list.optional().meta({
    placeholder: 'values',
    help: 'Accepted audiences, separated by commas or spaces. Default: the resource.',
    example: 'https://mcp.example.com/mcp',
  }),
  upstream: text.optional().meta({
    placeholder: 'url',
    help: 'URL of the MCP server to protect.',
    example: 'http://127.0.0.1:9000/mcp',
  }),
  upstreamTimeout: seconds.default(120).meta({
    placeholder: 'seconds',
    help: 'Longest wait for the MCP server to begin its answer. Open streams are never cut.',
    example: '120',
  }),
  requiredScopes: list.default([]).meta({
    placeholder: 'scopes',
    help: 'Scopes that every operation needs.',
    example: 'mcp:access',
  }),
  toolScopes: text.optional().meta({
    placeholder: 'rules',
    help: 'Scopes by tool, first match wins: "pattern=scope scope; pattern=scope".',
    example: 'list_*=mcp:tools:read;*=mcp:admin',
  }),
  policyFile: text.optional().meta({
    placeholder: 'path',
    help: 'Policy document in YAML or JSON; instead of the tool scopes.',
    example: '/etc/mcp-doorman/policy.yaml',
  }),
  challengeScopes: z
    .enum(['auto', 'required', 'all'], 'must be auto, required or all')
    .default('auto')
    .meta({
      placeholder: 'mode',
      help: 'What a first login is asked for: auto (all scopes but those marked stepUp), required, or all.',
      example: 'auto',
    }),
  allowedOrigins: list.default([]).meta({
    placeholder: 'origins',
    help: 'Browser origins that may call, compared exactly.',
    example: 'https://inspector.example.com',
  }),
  allowedHosts: list.default([]).meta({
    placeholder: 'hosts',
    help: 'Host names that requests may name, besides the resource and, on loopback, localhost.',
    example: 'mcp.internal',
  }),
  logLevel: z
    .enum(
      ['debug', 'info', 'warn', 'error', 'silent'],
      'must be debug, info, warn, error or silent',
    )
    .default('info')
    .meta({ placeholder: 'level', help: 'Least severe log level written.', example: 'info' }),
  host: text.default('127.0.0.1').meta({
    placeholder: 'address',
    help: 'Address to listen on.',
    example: '127.0.0.1',
  }),
  port: port.default(3000).meta({
    placeholder: 'port',
    help: 'Port to listen on; 0 takes a free one and needs a resource.',
    example: '3000',
  }),
});

export type SettingName = keyof Settings;

/** How one setting is named and explained everywhere a user meets it. */
export interface SettingDescription {
  readonly name: SettingName;
  readonly env: string;
  readonly flag: string;
  readonly placeholder: string;
  readonly help: string;
  readonly example: string;
  /** As a user would write it; `null` where there is none. */
  readonly default: string | null;
}

const envPrefix = 'MCP_OAUTH_';
/** Names that hosting platforms set. */
const unprefixed: ReadonlySet<string> = new Set(['host', 'port']);

function describe(name: SettingName): SettingDescription {
  const field: z.ZodType = schema.shape[name];
  const { placeholder, help, example } = field.meta() as Record<string, string>;
  const initial = field.safeParse(undefined);
  const value = initial.success ? initial.data : undefined;
  const snake = name.replace(/[A-Z]/g, '_$&').toUpperCase();
  return {
    name,
    env: unprefixed.has(name) ? snake : envPrefix + snake,
    flag: `--${name.replace(/[A-Z]/g, '-$&').toLowerCase()}`,
    placeholder: placeholder ?? '',
    help: help ?? '',
    example: example ?? '',
    default:
      value === undefined || (Array.isArray(value) && value.length === 0) ? null : `${value}`,
  };
}

/** All settings in the order in which a reader should meet them. */
export const settingDescriptions: readonly SettingDescription[] = (
  Object.keys(schema.shape) as SettingName[]
).map(describe);

export interface SettingIssue {
  readonly name: SettingName;
  readonly message: string;
}

/**
 * Parses texts into settings. What is wrong is reported and left at its default, so that the rest
 * can still be checked.
 */
export function parseSettings(texts: Readonly<Partial<Record<SettingName, string>>>): {
  readonly settings: Settings;
  readonly issues: readonly SettingIssue[];
} {
  const issues = (schema.safeParse(texts).error?.issues ?? []).map(({ path, message }) => ({
    name: path[0] as SettingName,
    message,
  }));
  const sound = { ...texts };
  for (const { name } of issues) delete sound[name];
  return { settings: schema.parse(sound), issues };
}
