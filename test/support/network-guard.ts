/** Tests reach this machine and nothing else. */
export interface NetworkGuard {
  readonly fetch: typeof fetch;
  /** @throws Error naming the hosts that were asked for since the last call, if there were any. */
  assertUntouched(): void;
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Wraps a `fetch` so that only loopback hosts pass. A refusal is remembered besides being thrown,
 * since the code under test may well turn a failed fetch into an answer of its own.
 */
export function guardNetwork(real: typeof fetch): NetworkGuard {
  const refused = new Set<string>();
  return {
    async fetch(input, init) {
      const { hostname } = new URL(input instanceof Request ? input.url : input);
      if (loopback.test(hostname)) return real(input, init);
      refused.add(hostname);
      throw new TypeError(`A test asked the network for ${hostname}; mock it.`);
    },
    assertUntouched() {
      const hosts = [...refused];
      refused.clear();
      if (hosts.length > 0) throw new Error(`The network was asked for ${hosts.join(', ')}.`);
    },
  };
}
