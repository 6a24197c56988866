const stopSignals = ['SIGINT', 'SIGTERM'] as const;

export interface StopSignals {
  /** The first request to stop: finish what runs, then leave. */
  readonly first: Promise<NodeJS.Signals>;
  /** The second one: leave now. */
  readonly second: Promise<NodeJS.Signals>;
}

/** Listens for requests to stop; from here on they no longer end the process by themselves. */
export function untilSignal(): StopSignals {
  const next = (): Promise<NodeJS.Signals> =>
    new Promise((resolve) => {
      const stop = (signal: NodeJS.Signals): void => {
        for (const name of stopSignals) process.off(name, stop);
        resolve(signal);
      };
      for (const name of stopSignals) process.on(name, stop);
    });
  const first = next();
  return { first, second: first.then(next) };
}
