import { nodeDisk, openWal, openWalReader } from "@laminar/wal";
import { unsyncedDisk } from "../unsynced-disk.ts";
import { keyRing, valueOf } from "../work.ts";

export interface Segments {
  readonly directory: string;
  readonly seed: number;
  /** How many are added. */
  readonly count: number;
}

/** The smallest that there are. */
const segmentSize = 1024;
const putsPerSegment = 9;

/** Adds segments to a log, each of which holds a few puts. */
export async function writeSegments({ directory, seed, count }: Segments): Promise<void> {
  const log = await openWal(directory, { segmentSize, syncInterval: Number.POSITIVE_INFINITY, disk: unsyncedDisk(nodeDisk) });
  const keyOf = keyRing(seed, 1000);
  for (let segment = 0; segment < count; segment++) {
    log.appendAll(Array.from({ length: putsPerSegment }, (_, put) => ({ type: "put", key: keyOf(segment * putsPerSegment + put), value: valueOf() }) as const));
    await log.sync();
  }
  await log.close();
}

export interface Opening {
  readonly directory: string;
  readonly as: "reader" | "writer";
}

/** Opens a log and closes it again; milliseconds until it was open. */
export async function openLog({ directory, as }: Opening): Promise<number> {
  const start = performance.now();
  const log = await (as === "reader" ? openWalReader(directory) : openWal(directory));
  const milliseconds = performance.now() - start;
  await log.close();
  return milliseconds;
}
