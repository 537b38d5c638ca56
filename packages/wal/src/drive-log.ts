import type { Disk } from "@laminar/disk";
import { ReusedMemory } from "./chunk-memory.ts";
import { KnownSegments } from "./known-segments.ts";
import { type FoundFiles, listSegments, readShape as shapeReading, signature } from "./list-segments.ts";
import type { FoundBatch } from "./log-core.ts";
import { LogDriver } from "./log-driver.ts";
import type { Reading } from "./log-requests.ts";
import type { DamagePolicy, LogListing, LogShape } from "./log-shape.ts";
import { Doubts } from "./settling.ts";
import { WalError } from "./wal-error.ts";

export { ioError } from "./io-error.ts";

/** Drives a reading to its end, and hands on its batches one after the other: what `take` returns is waited for. */
export async function drive<T>(driver: LogDriver, reading: Reading<T, FoundBatch>, take: (found: FoundBatch) => void | Promise<void>): Promise<T> {
  try {
    for (let step = reading.next(); ; ) {
      driver.check();
      if (step.done) return step.value;
      if (step.value.kind !== "batch") step = reading.next(await driver.answer(step.value));
      else {
        const taken = take(step.value);
        if (taken) await taken;
        step = reading.next();
      }
    }
  } finally {
    await driver.close();
  }
}

/** The same, with the batches made into what `make` gives and handed out when they are asked for. */
export async function* driveBatches<T, R>(driver: LogDriver, reading: Reading<T, FoundBatch>, make: (found: FoundBatch) => R): AsyncGenerator<R, T, undefined> {
  try {
    for (let step = reading.next(); ; ) {
      driver.check();
      if (step.done) return step.value;
      if (step.value.kind !== "batch") step = reading.next(await driver.answer(step.value));
      else {
        yield make(step.value);
        step = reading.next();
      }
    }
  } finally {
    await driver.close();
  }
}

export function driveLog<T>(disk: Disk, directory: string, reading: Reading<T, FoundBatch>): AsyncGenerator<FoundBatch, T, undefined> {
  return driveBatches(new LogDriver(disk, directory), reading, (found) => found);
}

/** The same for one who looks at each batch only while it is handed on: what is read next goes into the same memory. */
export function driveOver<T>(disk: Disk, directory: string, reading: Reading<T, FoundBatch>, take: (found: FoundBatch) => void): Promise<T> {
  return drive(new LogDriver(disk, directory, { memory: new ReusedMemory() }), reading, take);
}

/** The same when only the end is wanted. */
export function driveToEnd<T>(disk: Disk, directory: string, reading: Reading<T, FoundBatch>): Promise<T> {
  return driveOver(disk, directory, reading, () => undefined);
}

/** The log's files as they are now; `undefined` when the directory isn't there. */
export function listLog(disk: Disk, directory: string): Promise<FoundFiles | undefined> {
  return driveToEnd(disk, directory, listSegments(directory, new KnownSegments()));
}

/** Reads all headers, and what they tell. `undefined` when there is no log. */
export function readShape(disk: Disk, listing: LogListing, onDamage: DamagePolicy): Promise<LogShape | undefined> {
  return driveToEnd(disk, listing.directory, shapeReading(listing, onDamage, new KnownSegments()));
}

/** Repeats `attempt` while what it trips over may be a live writer's work. */
export async function settle<T>(disk: Disk, directory: string, attempt: (listing: LogListing) => Promise<T>): Promise<T> {
  const doubts = new Doubts();
  for (;;) {
    let seen: string | undefined;
    try {
      const listing = await listLog(disk, directory);
      if (!listing) throw new WalError("WAL_NOT_FOUND", `there is no directory ${directory}; check the path`, { file: directory });
      seen = signature(listing);
      return await attempt(listing);
    } catch (error) {
      doubts.weigh(error, seen);
    }
  }
}
