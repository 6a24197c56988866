const names = ['SIGINT', 'SIGTERM'] as const;

export interface StopSignal {
  /** The first request to stop. A second one ends the process at once, as the system does it. */
  readonly signalled: Promise<NodeJS.Signals>;
  /** Stops listening; signals end the process again. */
  ignore(): void;
}

/** Waits for SIGINT or SIGTERM, which from here on do not end the process by themselves. */
export function untilSignal(): StopSignal {
  let ignore = (): void => {};
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      ignore();
      resolve(signal);
    };
    ignore = () => {
      for (const name of names) process.off(name, stop);
    };
    for (const name of names) process.on(name, stop);
  });
  return { signalled, ignore };
}
