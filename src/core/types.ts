/** The claims of a token that passed verification, as the issuer wrote them. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who is calling, as far as a verified access token tells. Built by a provider adapter. */
export interface Principal {
  /** The configured issuer string, byte for byte. */
  readonly issuer: string;
  /** Stable user key within the issuer; `null` for a token that names no subject. */
  readonly subject: string | null;
  /** The OAuth client the token was issued to; `null` where the issuer does not say. */
  readonly clientId: string | null;
  /** Scopes the token holds, literally; hierarchy is applied by the policy. */
  readonly scopes: ReadonlySet<string>;
  /** Customer of a provider that serves several under one roof. */
  readonly tenant?: string;
  /** Expiry in seconds since the epoch, without leeway. */
  readonly expiresAt: number;
  readonly claims: Claims;
}

/** One thing of the MCP server that an operation touches; the policy has a section for each type. */
export interface Target {
  readonly type: 'tool' | 'resource' | 'prompt';
  /** Tool or prompt name, or resource URI, exactly as the client wrote it once JSON is decoded. */
  readonly name: string;
}

/**
 * What an MCP server says of a tool in its own list, completed by the defaults of the MCP schema.
 * Nobody vouches for it.
 */
export interface ToolHints {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/** Looks up what the server's list said of a tool; `null` for one that it has not listed. */
export type HintsOf = (tool: string) => ToolHints | null;

/**
 * What a client asks the MCP server to do, reduced to what a policy can judge.
 * `stream` is the GET that opens the server's event stream, `terminate` the DELETE of a session.
 */
export interface Operation {
  readonly kind: 'request' | 'notification' | 'response' | 'stream' | 'terminate';
  /** JSON-RPC method; `null` for responses, streams and session ends. */
  readonly method: string | null;
  /** Whether the MCP revision spoken has the method; others pass only where the policy names them. */
  readonly known: boolean;
  /** All of them must be permitted; empty for operations that touch none. */
  readonly targets: readonly Target[];
  /** Id of the task that a request names, as the server gave it out; `null` for none. */
  readonly task: string | null;
}

/** The policy's answer to one operation of one principal. */
export type Decision =
  /** `introspect`: only if the issuer, asked right now, says that the token is still active. */
  | { readonly allowed: true; readonly introspect: boolean }
  | {
      readonly allowed: false;
      readonly code: 'scope_insufficient';
      /** Every scope the operation needs, held ones included, smallest sufficient choice. */
      readonly needed: readonly string[];
    }
  | { readonly allowed: false; readonly code: 'operation_denied' | 'method_unknown' };
