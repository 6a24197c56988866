import { z } from 'zod';
import { type GatewaySettings, gatewayFields } from './gateway-settings.ts';
import { type IssuerSettingName, type IssuerSettings, issuerFields } from './issuer-settings.ts';
import { type ServiceSettings, serviceFields } from './service-settings.ts';
import type { Explanation } from './setting-fields.ts';

/** The settings after parsing, before anything is checked against anything else. */
export type Settings = IssuerSettings & ServiceSettings & GatewaySettings;
export type SettingName = keyof Settings;

/** Values as written, whatever the source. */
export type Texts<Name extends string> = Readonly<Partial<Record<Name, string>>>;

const issuerSchema = z.object(issuerFields);

/**
 * Every setting once: its type, default, placeholder and help. Environment names, flags, keys of
 * the configuration file, `--help`, `.env.example` and `docs/configuration.md` derive from this
 * object; a test fails on drift.
 */
const schema = z.object({ ...issuerFields, ...serviceFields, ...gatewayFields });

/** How one setting is named and explained everywhere a user meets it. */
export interface SettingDescription {
  /** Also its key in the configuration file. */
  readonly name: SettingName;
  readonly env: string;
  /** `null` for a secret, which a command line would show to everybody on the machine. */
  readonly flag: string | null;
  /** Several values; the configuration file may write them as a list. */
  readonly list: boolean;
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
  const {
    placeholder,
    help,
    example,
    list = false,
    secret,
  } = field.meta() as unknown as Explanation;
  const initial = field.safeParse(undefined);
  const value = initial.success ? initial.data : undefined;
  const snake = name.replace(/[A-Z]/g, '_$&').toUpperCase();
  return {
    name,
    env: unprefixed.has(name) ? snake : envPrefix + snake,
    flag: secret ? null : `--${name.replace(/[A-Z]/g, '-$&').toLowerCase()}`,
    list,
    placeholder,
    help,
    example,
    default:
      value === undefined || (Array.isArray(value) && value.length === 0) ? null : `${value}`,
  };
}

/** All settings in the order in which a reader should meet them. */
export const settingDescriptions: readonly SettingDescription[] = (
  Object.keys(schema.shape) as SettingName[]
).map(describe);

/** Settings that belong to one issuer. */
export const issuerSettingNames: readonly IssuerSettingName[] = Object.keys(
  issuerFields,
) as IssuerSettingName[];

/** Settings that an entry of `upstreams` may hold; all others are about the process. */
export const serviceSettingNames: readonly (IssuerSettingName | keyof ServiceSettings)[] = [
  ...issuerSettingNames,
  ...(Object.keys(serviceFields) as (keyof ServiceSettings)[]),
];

export interface Parsed<T> {
  readonly settings: T;
  readonly issues: readonly { readonly name: keyof T & string; readonly message: string }[];
}

function parse<T extends object>(fields: z.ZodType<T>, texts: Texts<keyof T & string>): Parsed<T> {
  const issues = (fields.safeParse(texts).error?.issues ?? []).map(({ path, message }) => ({
    name: path[0] as keyof T & string,
    message,
  }));
  const sound = { ...texts };
  for (const { name } of issues) delete sound[name];
  return { settings: fields.parse(sound), issues };
}

/**
 * Parses texts into settings. What is wrong is reported and left at its default, so that the rest
 * can still be checked.
 */
export function parseSettings(texts: Texts<SettingName>): Parsed<Settings> {
  return parse<Settings>(schema, texts);
}

/** The same for the settings of one issuer. */
export function parseIssuerSettings(texts: Texts<IssuerSettingName>): Parsed<IssuerSettings> {
  return parse<IssuerSettings>(issuerSchema, texts);
}
