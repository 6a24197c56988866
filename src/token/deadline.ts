/**
 * Waits for work, but not for ever. The work itself goes on; its late result is dropped.
 *
 * @param ms longest wait in milliseconds.
 * @returns the result, or `null` when it took too long.
 */
export async function within<T extends object>(work: Promise<T>, ms: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
