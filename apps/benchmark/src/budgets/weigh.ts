import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { countingDisk, noCalls } from "./counting-disk.ts";
import type { HotPath } from "./hot-path.ts";
import { memoryDisk } from "./memory-disk.ts";

/** What one operation costs. */
export interface Weight {
  /** Bytes taken on the JavaScript heap. */
  readonly heapBytes: number;
  /** Bytes of arrays outside of it, without those of the disk in memory. */
  readonly bufferBytes: number;
  readonly writes: number;
  readonly bytesWritten: number;
  readonly reads: number;
  readonly bytesRead: number;
  readonly syncs: number;
  readonly nameCalls: number;
}

export const measures: readonly (keyof Weight)[] = ["heapBytes", "bufferBytes", "writes", "bytesWritten", "reads", "bytesRead", "syncs", "nameCalls"];

/**
 * What a process has to be started with, so that memory that was taken is counted and never given back while it is: a nursery that
 * nothing fills. Code is compiled where it stands and not beside it, so that the same work takes the same memory each time.
 */
export const weighingFlags: readonly string[] = ["--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=64", "--no-concurrent-recompilation", "--no-concurrent-sparkplug", "--single-threaded-gc"];

/** Rounds until nothing is compiled any more. */
const warmUps = 8;
const attemptsMost = 3;

/**
 * What an operation takes beyond what the work takes once: the difference between so many operations and twice as many. The process must
 * have been started with `weighingFlags`.
 */
export async function weigh(path: HotPath): Promise<Weight> {
  for (let i = 0; i < warmUps; i++) await weighOnce(path, path.operations);
  const once = await weighOnce(path, path.operations);
  const twice = await weighOnce(path, path.operations * 2);
  const each = measures.map((name) => [name, (twice[name] - once[name]) / path.operations] as const);
  return Object.fromEntries(each) as unknown as Weight;
}

/** The whole of so many operations. Weighed again when the collector came in between. */
async function weighOnce(path: HotPath, operations: number): Promise<Weight> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  observer.observe({ entryTypes: ["gc"] });
  try {
    for (let attempt = 0; attempt < attemptsMost; attempt++) {
      const calls = noCalls();
      const disk = memoryDisk();
      const work = await path.prepare(countingDisk(disk, calls), operations);
      globalThis.gc?.();
      await told();
      collections = 0;
      Object.assign(calls, noCalls());
      const stored = disk.storageBytes;
      const before = process.memoryUsage();
      await work();
      const after = process.memoryUsage();
      const bufferBytes = after.external - before.external - (disk.storageBytes - stored);
      const weight = { ...calls, heapBytes: after.heapUsed - before.heapUsed, bufferBytes };
      await told();
      if (collections === 0) return weight;
    }
  } finally {
    observer.disconnect();
  }
  throw new RangeError(`${path.name}: the collector ran in each of ${attemptsMost} attempts: weigh fewer operations`);
}

/** Observers are told of collections in a later turn. */
async function told(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
