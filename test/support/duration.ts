/**
 * More than any linear work of these tests takes, on a machine that does other things too and under
 * coverage; less than a hundredth of what anything quadratic would take.
 */
export const farFromLinearMs = 100;

/** The shortest of five runs, in milliseconds: the others had to share the machine. */
export function bestMs(work: () => unknown): number {
  const took = Array.from({ length: 5 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...took);
}
