import {
  type Explanation,
  type Fields,
  list,
  oneOf,
  seconds,
  text,
  trueOrFalse,
} from './setting-fields.ts';
import { type UpstreamSettings, upstreamFields } from './upstream-settings.ts';

/** What can be set about one service: by flags and variables, or in an entry of `upstreams`. */
export interface ServiceSettings extends UpstreamSettings {
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
}

export const serviceFields: Fields<ServiceSettings> = {
  resource: text.optional().meta({
    placeholder: 'url',
    help: 'Public URL of the MCP endpoint; its path is the path served. Default on loopback: http://localhost:<port>/mcp.',
    example: 'https://mcp.example.com/mcp',
  } satisfies Explanation),
  upstream: text.optional().meta({
    placeholder: 'url',
    help: 'URL of the MCP server to protect; sse+http:// or sse+https:// for one that speaks only the HTTP+SSE of MCP 2024-11-05. One that speaks on stdio is given by its command instead, behind --.',
    example: 'http://127.0.0.1:9000/mcp',
  } satisfies Explanation),
  upstreamTimeout: seconds.default(120).meta({
    placeholder: 'seconds',
    help: 'Longest wait for the MCP server to begin its answer. Open streams are never cut.',
    example: '120',
  } satisfies Explanation),
  ...upstreamFields,
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
};
