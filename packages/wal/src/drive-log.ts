import { join } from "node:path";
import { type Disk, type DiskFile, isDiskError, readFully } from "@laminar/disk";
import type { FoundBatch, ReadRequest } from "./log-core.ts";
import { type DamagePolicy, type LogListing, type LogShape, type SegmentFile, shapeOf } from "./log-shape.ts";
import { SEGMENT_HEADER_BYTES } from "./segment-format.ts";
import { parseLogNames, segmentName } from "./segment-names.ts";
import { WalError } from "./wal-error.ts";

/** The log's files as they are now; `undefined` when the directory isn't there. */
export async function listLog(disk: Disk, directory: string): Promise<(LogListing & { readonly highest: number }) | undefined> {
  const entries = await disk.list(directory).catch((error: unknown) => {
    if (isDiskError(error, "DISK_NOT_FOUND")) return undefined;
    throw ioError(error, directory);
  });
  if (!entries) return undefined;
  const names = parseLogNames(entries.map((entry) => entry.name));
  const segments = await severalAtOnce(names.segments, async (number): Promise<SegmentFile> => {
    const name = segmentName(number);
    const file = join(directory, name);
    const found = await disk.stat(file).catch((error: unknown) => Promise.reject(ioError(error, file)));
    if (found?.kind === "file") return { name, number, size: found.size };
    if (found) throw new WalError("WAL_CORRUPT", `${file} is not a plain file`, { file });
    throw new Vanished(name);
  });
  return { directory, segments, newestHead: names.heads.at(-1) ?? 0, highest: names.highest };
}

/** A log may have many thousand segments, and a process a thousand handles. */
const AT_ONCE = 16;

/** Runs `action` for each item, several at a time; the results in the order of the items. */
async function severalAtOnce<T, R>(items: readonly T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await action(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** Reads all headers, and what they tell. `undefined` when there is no log. */
export async function readShape(disk: Disk, listing: LogListing, onDamage: DamagePolicy): Promise<LogShape | undefined> {
  const { directory } = listing;
  const headers = await severalAtOnce(listing.segments, async (segment) => {
    const file = await openSegment(disk, directory, segment);
    try {
      return await readExactly(file, 0, Math.min(segment.size, SEGMENT_HEADER_BYTES));
    } finally {
      await closeFile(file);
    }
  });
  return shapeOf(listing, headers, onDamage);
}

/** A file that was listed is gone: beside a live writer that is no damage, and the caller lists again. */
export class Vanished extends Error {
  readonly segment: string;

  constructor(segment: string) {
    super(`${segment} is gone`);
    this.segment = segment;
  }
}

/** Answers a reading core from the disk, one open file at a time, and hands its batches on. */
export async function* driveLog<T>(
  disk: Disk,
  directory: string,
  core: Generator<ReadRequest | FoundBatch, T, Uint8Array>,
): AsyncGenerator<FoundBatch, T, undefined> {
  let file: DiskFile | undefined;
  let open: SegmentFile | undefined;
  try {
    for (let step = core.next(); ; ) {
      if (step.done) return step.value;
      if (step.value.kind === "batch") {
        yield step.value;
        step = core.next();
        continue;
      }
      const { segment, position, length } = step.value;
      if (open !== segment) {
        const previous = file;
        file = undefined;
        await closeFile(previous);
        file = await openSegment(disk, directory, segment);
        open = segment;
      }
      step = core.next(await readExactly(file as DiskFile, position, length));
    }
  } finally {
    await closeFile(file);
  }
}

/** The same when only the end is wanted. */
export async function driveToEnd<T>(disk: Disk, directory: string, core: Generator<ReadRequest | FoundBatch, T, Uint8Array>): Promise<T> {
  const driven = driveLog(disk, directory, core);
  for (;;) {
    const step = await driven.next();
    if (step.done) return step.value;
  }
}

async function openSegment(disk: Disk, directory: string, segment: SegmentFile): Promise<DiskFile> {
  try {
    return await disk.open(join(directory, segment.name));
  } catch (error) {
    if (isDiskError(error, "DISK_NOT_FOUND")) throw new Vanished(segment.name);
    throw ioError(error, join(directory, segment.name));
  }
}

async function closeFile(file: DiskFile | undefined): Promise<void> {
  await file?.close().catch((error: unknown) => Promise.reject(ioError(error, file.path)));
}

async function readExactly(file: DiskFile, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let got: number;
  try {
    got = await readFully(file, position, bytes);
  } catch (error) {
    throw ioError(error, file.path, position);
  }
  if (got === length) return bytes;
  throw new WalError("WAL_IO", `${file.path}: only ${got} of ${length} bytes at offset ${position} could be read`, { file: file.path, offset: position });
}

/** The log's error for a failure of the disk. */
export function ioError(error: unknown, file: string, offset?: number): WalError {
  const message = error instanceof Error ? error.message : String(error);
  const code = isDiskError(error, "DISK_NOT_FOUND") ? "WAL_NOT_FOUND" : isDiskError(error, "DISK_LOCKED") ? "WAL_LOCKED" : "WAL_IO";
  return new WalError(code, message, { file, offset, cause: error });
}
