import { nodeDisk } from "@laminar/disk";
import { batchDecoder, decodeFound } from "./decode-batch.ts";
import { driveSync, driveSyncToEnd, type SyncReads } from "./drive-log-sync.ts";
import { KnownLog } from "./known-log.ts";
import { firstHeld } from "./log-reader.ts";
import { isFenced } from "./log-shape.ts";
import type { LogReader, ReadOptions, WalBatch } from "./log.ts";
import { lookAtLog, readLog } from "./read-log.ts";
import { requireReadOptions } from "./read-options.ts";
import type { WalCodec, WalEntry } from "./wal-entry.ts";
import { requireDamagePolicy, requireDirectory, requireOptions, type WalReaderOptions } from "./wal-options.ts";

/** Settings of a reading at once. */
export interface WalSyncOptions extends Pick<ReadOptions, "after" | "unproven">, Pick<WalReaderOptions, "codec" | "onDamage"> {
  /** The machine to read from. @default nodeDisk */
  readonly disk?: SyncReads | undefined;
}

/** A log that is read at once. Says of itself what a `LogReader` says; each iteration reads anew, up to what is durable by then. */
export interface SyncLogReader<E> extends Iterable<WalBatch<E>>, Pick<LogReader<E>, "logId" | "startsAfter" | "firstLsn" | "lastLsn" | "end" | "damageAtStart" | "counts"> {}

/**
 * The same as `openWalReader` and its `read`, without promises: for tools and tests, since it holds up the thread while it
 * reads. Throws what those reject with. Memory: about one batch; nothing stays open between batches.
 */
export function readWalSync(directory: string, options?: Omit<WalSyncOptions, "codec">): SyncLogReader<WalEntry>;
export function readWalSync<E, I = E>(directory: string, options: Omit<WalSyncOptions, "codec"> & { readonly codec: WalCodec<E, I> }): SyncLogReader<E>;
export function readWalSync(
  directory: string,
  options: Omit<WalSyncOptions, "codec"> & { readonly codec?: WalCodec<unknown, unknown> | undefined } = {},
): SyncLogReader<unknown> {
  requireDirectory(directory);
  requireOptions(options);
  const { disk = nodeDisk, codec, after, unproven = false, onDamage = "refuse" } = options;
  requireReadOptions({ after, unproven });
  requireDamagePolicy(onDamage);
  const decoder = batchDecoder(codec);
  const log = new KnownLog({ directory, onDamage, entryKind: decoder.entryKind });
  const opened = driveSyncToEnd(disk, directory, lookAtLog(log));
  const view = (): typeof opened => log.view ?? opened;
  return {
    get logId() {
      return view().shape.logId;
    },
    get startsAfter() {
      return view().shape.startsAfter;
    },
    get firstLsn() {
      return firstHeld(view().shape, view().tail.lastLsn);
    },
    get lastLsn() {
      return view().tail.lastLsn;
    },
    get end() {
      return view().tail.end;
    },
    get damageAtStart() {
      return view().shape.damage?.atStart;
    },
    counts: (lsn) => !isFenced(view().shape, lsn),
    [Symbol.iterator]: () => driveSync(disk, directory, readLog(log, { after, unproven, follow: false }), (found) => decodeFound(log, found, decoder, found.after)),
  };
}
