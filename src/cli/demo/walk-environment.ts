import type { DpopSession } from '@modelcontextprotocol/client';
import type { Browser } from './browser.ts';
import type { DemoClient } from './client.ts';
import type { Idp, TokenFormat } from './idp.ts';
import type { Printer } from './print.ts';
import type { SampleServer } from './sample-server.ts';
import type { Trace, TracedFetch } from './trace.ts';

export interface WalkEnvironment {
  /** Public URL of the gateway's MCP endpoint. */
  readonly gatewayUrl: string;
  readonly idp: Idp;
  /** What the access tokens are. */
  readonly tokens: TokenFormat;
  /** The client's key for proofs (RFC 9449); `null` for bearer tokens. */
  readonly dpop: DpopSession | null;
  readonly sample: SampleServer;
  readonly printer: Printer;
  readonly fetch: TracedFetch;
}

/** What the steps share: the client and its user's browser, both seen by one trace. */
export interface Walk extends WalkEnvironment {
  readonly trace: Trace;
  readonly client: DemoClient;
  readonly browser: Browser;
}

/** Who logs in. */
export const user = 'Ada';

export const mcpPath = '/mcp';
