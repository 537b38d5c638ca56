import { join } from "node:path";
import { batchDecoder, decodeFound, requireKind } from "../decode-batch.ts";
import { driveSync, type SyncReads } from "../drive-log-sync.ts";
import { KnownSegments } from "../known-segments.ts";
import { listSegments, readShape } from "../list-segments.ts";
import { type FoundBatch, type LogTail, readBatches } from "../log-core.ts";
import type { Reading } from "../log-requests.ts";
import type { LogEnd, Lsn, WalBatch } from "../log.ts";
import type { WalCodec, WalEntry } from "../wal-entry.ts";

/** A log as bytes alone: what a crash test has in its hands. */
export interface LogImage {
  readonly directory: string;
  /** Content by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Where the log of an image ends. */
export interface ImageTail {
  /** The last record that counts. */
  readonly lastLsn: Lsn;
  /** The number that the next record gets. */
  readonly nextLsn: Lsn;
  /** Up to here the bytes themselves prove that the records were durable. */
  readonly provenLsn: Lsn;
  /** Whether the newest segment holds a batch that isn't a copy, which shows that its publish was complete. */
  readonly newestProven: boolean;
  readonly end: LogEnd;
}

/** What reading an image gave. */
export interface ReadImage<E> {
  readonly batches: readonly WalBatch<E>[];
  /** `undefined` when the image holds no log. */
  readonly tail: ImageTail | undefined;
}

/**
 * Reads a log from bytes in memory by the same rules as `openWal`, at once and without promises: tens of thousands of times
 * a second. Gives what verifies and counts, proven durable or not; throws the `WalError` that `openWal` would reject with.
 */
export function readLogImage(image: LogImage): ReadImage<WalEntry>;
export function readLogImage<E>(image: LogImage, codec: WalCodec<E, never>): ReadImage<E>;
export function readLogImage(image: LogImage, codec?: WalCodec<unknown, never>): ReadImage<unknown> {
  const { directory } = image;
  const decoder = batchDecoder(codec);
  const batches: WalBatch<unknown>[] = [];
  const driven = driveSync(imageReads(image), directory, readWhole(directory, decoder.entryKind), (found) => decodeFound({ directory }, found, decoder, 0));
  for (let step = driven.next(); ; step = driven.next()) {
    if (step.done) return { batches, tail: step.value };
    batches.push(step.value);
  }
}

/** One look without a second: nobody writes to an image. */
function* readWhole(directory: string, entryKind: number): Reading<LogTail | undefined, FoundBatch> {
  const known = new KnownSegments();
  const listing = yield* listSegments(directory, known);
  const shape = listing && (yield* readShape(listing, "refuse", known));
  if (!shape) return undefined;
  requireKind(shape, { entryKind });
  return yield* readBatches(shape, { after: 0, upTo: Number.POSITIVE_INFINITY, onDamage: "refuse" });
}

function imageReads({ directory, files }: LogImage): SyncReads {
  const prefix = join(directory, "/");
  return {
    listSync: () => [...files.keys()].filter((path) => path.startsWith(prefix)).map((path) => ({ name: path.slice(prefix.length), kind: "file" })),
    statSync(path) {
      const bytes = files.get(path);
      return bytes && { kind: "file", size: bytes.length, revision: "" };
    },
    readSync(path, position, target) {
      const bytes = files.get(path)?.subarray(position, position + target.length) ?? new Uint8Array(0);
      target.set(bytes);
      return bytes.length;
    },
  };
}
