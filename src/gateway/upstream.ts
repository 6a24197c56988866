import type { Admitted } from '../resource-server.ts';
import type { Answer } from './answer.ts';

/** One admitted request on its way to the MCP server. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Names in lower case; nothing of the client's that is not on the allow-list. */
  readonly headers: Readonly<Record<string, string>>;
  /** Canonical message; `null` for GET and DELETE. */
  readonly body: string | null;
  /** `session` of the request's query, which only legacy HTTP+SSE has; `null` unless it is there once. */
  readonly sseSession: string | null;
  readonly admitted: Admitted;
}

/** The way to one MCP server, whatever transport it speaks. */
export interface Upstream {
  /**
   * Has a request answered, and ends when the answer is over.
   *
   * @throws DoormanError `upstream_*`, or `header_mismatch` where there is no HTTP behind it; only
   *   while the answer has not begun
   */
  forward(request: UpstreamRequest, answer: Answer): Promise<void>;
  /**
   * Has a request of our own answered, outside of every client's session; absent where it goes the
   * way of all others.
   *
   * @throws DoormanError `upstream_*`, only while the answer has not begun
   */
  readonly ask?: Upstream['forward'];
  /** Whether requests are worth sending, where that can be told without one. */
  ready?(): boolean;
  /** Cuts what is still running and ends everything that was opened. */
  close(): Promise<void>;
}
