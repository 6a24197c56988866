import { expect, vi } from 'vitest';

/** One HTTP exchange of a client under test. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** MCP method of the message sent; empty for anything else. */
  readonly rpc: string;
  readonly status: number;
  readonly headers: Headers;
  /** The answer's text where it is no success; successes may be endless. */
  readonly body: string;
}

export interface TracedFetch {
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  readonly exchanges: readonly Exchange[];
  /** `POST <url> <status>` of every exchange since the last call, `{…}` replaced as told. */
  steps(names: Readonly<Record<string, string>>): readonly string[];
  /** The newest exchange that was no success. */
  refusal(): Exchange;
  /** Waits for the answer to the stream that an SDK opens by itself, some time after connecting. */
  untilStreamAnswered(url: string): Promise<void>;
}

function rpcMethod(body: unknown): string {
  if (typeof body !== 'string' || !body.startsWith('{')) return '';
  const { method = '' } = JSON.parse(body) as { method?: string };
  return method;
}

/** Wraps `fetch` for an SDK client, so that a test sees the HTTP behind its promises. */
export function traceFetch(): TracedFetch {
  const exchanges: Exchange[] = [];
  let told = 0;
  return {
    exchanges,
    async fetch(target, init = {}) {
      const response = await fetch(target, init);
      exchanges.push({
        method: init.method ?? 'GET',
        url: `${target}`,
        rpc: rpcMethod(init.body),
        status: response.status,
        headers: response.headers,
        body: response.ok ? '' : await response.clone().text(),
      });
      return response;
    },
    steps(names) {
      const fresh = exchanges.slice(told);
      told = exchanges.length;
      return fresh.map(({ method, url, rpc, status }) => {
        const place = Object.entries(names).reduce(
          (text, [prefix, name]) => text.replace(prefix, name),
          url,
        );
        return [method, place, rpc, status].filter((part) => part !== '').join(' ');
      });
    },
    refusal() {
      const found = exchanges.findLast(({ status }) => status >= 400);
      if (!found) throw new Error('nothing was refused');
      return found;
    },
    untilStreamAnswered: (url) =>
      vi.waitFor(
        () => expect(exchanges).toContainEqual(expect.objectContaining({ method: 'GET', url })),
        { timeout: 10_000, interval: 20 },
      ),
  };
}
