/** Lets bytes of an answer out in their order. */
export interface Turns {
  /**
   * Lets bytes out once what they hand over has been noted, and all before them is out.
   *
   * @returns what `letOut` says; `false` where they have to wait.
   */
  take(passed: Uint8Array, letOut: (bytes: Uint8Array) => boolean): boolean;
}

export interface TurnOptions {
  /** Never rejects; `null` for bytes that hand over nothing. */
  readonly handOver: (passed: Uint8Array) => Promise<Uint8Array> | null;
  /** Called when nothing waits any more. */
  readonly caughtUp: () => void;
  /** Called where bytes could not be let out after they had waited. */
  readonly failed: () => void;
}

/** Makes the queue of one answer, which is empty as long as nothing is handed over. */
export function createTurns({ handOver, caughtUp, failed }: TurnOptions): Turns {
  let waiting: Promise<void> | null = null;

  return {
    take(passed, letOut) {
      const noted = passed.length === 0 ? null : handOver(passed);
      if (noted === null && waiting === null) return letOut(passed);
      const turn = Promise.all([noted ?? passed, waiting])
        .then(([bytes]) => {
          letOut(bytes);
          if (waiting !== turn) return;
          waiting = null;
          caughtUp();
        })
        .catch(failed);
      waiting = turn;
      return false;
    },
  };
}
