import type { Lsn } from "./log.ts";

/**
 * What a writer has done since it was opened, and how it stands. All numbers are of the same moment. To be asked for at any time and as
 * often as one likes: it asks nothing of the disk, and appends and commits do no work for it beyond what a batch and a sync count.
 */
export interface WalStats {
  /** `"failed"`: a write, sync or close failed and the log takes nothing more, closed or not. `"closed"`: `close` was called. */
  readonly state: "open" | "failed" | "closed";
  /** Counter: entries that were taken, durable or not. */
  readonly appendedEntries: number;
  /** Counter: batches that were handed to the disk. Entries by batches is what a batch holds. */
  readonly writtenBatches: number;
  /** Counter: their bytes with their headers. Not the heads of segments, markers, what an open states again, nor zeros for later batches. */
  readonly writtenBytes: number;
  /** Counter: syncs that made records durable. Batches, or entries, by syncs is what group commit spares. */
  readonly syncs: number;
  /** Counter: milliseconds that they took, until that was known here. */
  readonly syncDuration: number;
  /** Milliseconds that the longest of them took. */
  readonly longestSyncDuration: number;
  /** The last record that was appended and that no fence took out of use. */
  readonly appendedLsn: Lsn;
  /** The last record known to be durable: so many behind `appendedLsn` would be lost with the power. */
  readonly durableLsn: Lsn;
  /** Bytes of batches that aren't durable: `ready` waits from `highWaterMark` on. What a log that failed has lost. */
  readonly pendingBytes: number;
  /** Callers of `sync` who wait. */
  readonly waitingCommits: number;
  /** Segment files, those that wait for their unlinking with them; 0 in memory. */
  readonly segments: number;
  /** As `sizeBytes` of the log says. */
  readonly sizeBytes: number;
}
