import { type ErrorCode, type ErrorRow, errorTable } from './error-table.ts';
import type { LogFields } from './ports.ts';

/** What an error knows besides its code. */
export interface DoormanErrorOptions {
  /** Fixed text of our own that tells the client more than the table does. */
  readonly message?: string;
  readonly cause?: unknown;
  /** For the operator's log: what was got, what was expected. Never a token or a secret. */
  readonly detail?: LogFields;
  /** JSON-RPC error code; without it the HTTP status stands in the body. */
  readonly rpcCode?: number;
  /** JSON-RPC error data where MCP defines some for the code; shown to the client. */
  readonly rpcData?: object;
  /** Scopes a challenge must name because of this error: those needed, or those an expired token held. */
  readonly scopes?: readonly string[];
  /** JSON text of the request's id, exactly as the client wrote it, once that much was readable. */
  readonly rpcId?: string | null;
  /** Seconds; overrides the table's `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** What the client's next DPoP proof must contain, RFC 9449 section 9. */
  readonly dpopNonce?: string;
}

/** Marks the errors of every copy of the package, which `instanceof` would tell apart. */
export const errorBrand: symbol = Symbol.for('mcp-doorman.DoormanError');

/**
 * The one error class. Thrown inside the product and turned into a refusal at its edge; misuse of
 * the API (bad options) is a `TypeError` instead.
 */
export class DoormanError extends Error {
  override readonly name = 'DoormanError';
  readonly code: ErrorCode;
  readonly detail: LogFields;
  readonly scopes: readonly string[];
  readonly rpcCode: number;
  readonly rpcData: object | null;
  readonly rpcId: string | null;
  readonly retryAfterSeconds: number | null;
  readonly dpopNonce: string | null;

  constructor(code: ErrorCode, options: DoormanErrorOptions = {}) {
    super(options.message ?? errorTable[code].message, { cause: options.cause });
    Object.defineProperty(this, errorBrand, { value: true });
    this.code = code;
    this.detail = options.detail ?? {};
    this.scopes = options.scopes ?? [];
    this.rpcCode = options.rpcCode ?? errorTable[code].status;
    this.rpcData = options.rpcData ?? null;
    this.rpcId = options.rpcId ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? errorTable[code].retryAfterSeconds;
    this.dpopNonce = options.dpopNonce ?? null;
  }

  /** The error's row of {@link errorTable}. */
  get row(): ErrorRow {
    return errorTable[this.code];
  }
}
