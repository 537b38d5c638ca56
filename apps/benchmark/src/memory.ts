/** Runs `action` and says how long it took, in milliseconds, and how far the process grew. Only in a process that has done nothing else. */
export async function timeAndMemory<T>(action: () => T | Promise<T>): Promise<{ readonly result: T; readonly ms: number; readonly peak: number; readonly peakGrowth: number }> {
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const result = await action();
  const ms = performance.now() - start;
  const peak = process.resourceUsage().maxRSS * 1024;
  return { result, ms, peak, peakGrowth: Math.max(0, peak - before) };
}
