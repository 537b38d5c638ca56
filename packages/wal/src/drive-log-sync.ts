import { join } from "node:path";
import { type Disk, isDiskError, type PathStatus, readFullySync } from "@laminar/disk";
import { ownMemory } from "./chunk-memory.ts";
import { ioError } from "./io-error.ts";
import type { ChunkMemory } from "./log.ts";
import type { FoundBatch } from "./log-core.ts";
import type { LogAnswer, LogRequest, ReadRequest, Reading } from "./log-requests.ts";

/** What reading at once needs of a disk. */
export type SyncReads = Pick<Disk, "statSync" | "listSync" | "readSync">;

/** Drives a reading to its end, at once; its batches as `make` makes them. */
export function* driveSync<T, R>(disk: SyncReads, directory: string, reading: Reading<T, FoundBatch>, make: (found: FoundBatch) => R): Generator<R, T, undefined> {
  for (let step = reading.next(); ; ) {
    if (step.done) return step.value;
    if (step.value.kind !== "batch") step = reading.next(answerSync(disk, directory, step.value));
    else {
      yield make(step.value);
      step = reading.next();
    }
  }
}

function answerSync(disk: SyncReads, directory: string, request: LogRequest): LogAnswer {
  switch (request.kind) {
    case "list":
      return orUndefined(directory, () => disk.listSync(directory).map(({ name }) => name));
    case "stat":
      return request.names.map((name) => statusOf(disk, directory, name));
    case "read":
      return bytesOf(disk, directory, request);
    case "readEach":
      return request.reads.map((read) => bytesOf(disk, directory, read));
    case "ahead":
      return undefined;
    case "wait":
    default:
      return "stop";
  }
}

/** `undefined` where nothing is. */
export function statusOf(disk: SyncReads, directory: string, name: string): PathStatus | undefined {
  const path = join(directory, name);
  return orUndefined(path, () => disk.statSync(path));
}

/** `undefined` where the file isn't; fewer than asked at its end. */
export function bytesOf(disk: SyncReads, directory: string, { segment, position, length }: ReadRequest, memory: ChunkMemory = ownMemory): Uint8Array | undefined {
  const path = join(directory, segment.name);
  const bytes = memory.take(length);
  return orUndefined(path, () => bytes.subarray(0, readFullySync(disk, path, position, bytes)), position);
}

/** What isn't there is no failure: the reading decides what that means. */
function orUndefined<T>(path: string, read: () => T, offset?: number): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isDiskError(error, "DISK_NOT_FOUND")) return undefined;
    throw ioError(error, path, offset);
  }
}

/** The same when only the end is wanted. */
export function driveSyncToEnd<T>(disk: SyncReads, directory: string, reading: Reading<T, FoundBatch>): T {
  const driven = driveSync(disk, directory, reading, () => undefined);
  for (let step = driven.next(); ; step = driven.next()) if (step.done) return step.value;
}
