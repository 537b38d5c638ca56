/** The longest time between two turns of the event loop while `action` runs, the collector's pauses and the machine's other work among them; milliseconds. */
export async function longestStall(action: () => Promise<unknown>): Promise<number> {
  let last = performance.now();
  let longest = 0;
  let next: NodeJS.Immediate;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    next = setImmediate(look);
  };
  next = setImmediate(look);
  try {
    await action();
  } finally {
    clearImmediate(next);
  }
  return Math.max(longest, performance.now() - last);
}
