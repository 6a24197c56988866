/**
 * For `vi.waitFor` and `vi.waitUntil`, whose own patience of a second is too short for a small
 * machine that does other things too.
 */
export const waiting = { timeout: 15_000, interval: 5 } as const;
