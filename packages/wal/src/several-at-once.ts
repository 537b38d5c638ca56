/**
 * A log may have many thousand segments, and a process a thousand handles. More than the threads that do the work: one that finds the
 * next piece waiting needn't be woken for it, and the loop takes in several that are done in one turn.
 */
const AT_ONCE = 64;

/** Runs `action` for each item, several at a time; the results in the order of the items. Nothing runs on when it settles. */
export async function severalAtOnce<T, R>(items: readonly T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await action(items[at] as T).catch((error: unknown) => {
        next = items.length;
        throw error;
      });
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
  return results;
}
